"""Rules about models: where they lie, and whether some runtime serves them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.errors import Problem
from components.settings.model import (
    EksSettings,
    ExistingSettings,
    Protocol,
    RuntimeName,
)
from components.settings.parts import Parts, Rule, examples, models, wrong
from components.settings.places import nearest
from components.settings.runtimes import EXAMPLE_RUNTIME, MODEL_FORMATS, RUNTIMES

# SupportedStorageURIPrefixList in KServe 0.20's inferenceservice utils, without what it means for tests only.
SCHEMES = ("gs", "s3", "pvc", "hf", "https", "http", "hdfs", "webhdfs", "oci")


def storage_is_of_a_known_kind(parts: Parts) -> Iterator[Problem]:
    """KServe would leave the service without an event that says so."""
    for name, service in models(parts):
        scheme, found, _ = service.storage_uri.partition("://")
        if found and scheme in SCHEMES:
            continue
        near = nearest(scheme, SCHEMES) if found else None
        yield wrong(
            "services",
            name,
            "storageUri",
            value=service.storage_uri,
            what="is not an address of storage that KServe knows",
            why=f"it must begin with one of: {', '.join(f'{scheme}://' for scheme in SCHEMES)}",
            fix=f"write {near}://..." if near else "write it like s3://bucket/path or pvc://claim/path",
        )


def claims_are_named(parts: Parts) -> Iterator[Problem]:
    """A claim that cannot exist keeps the pod Pending."""
    for name, service in models(parts):
        scheme, _, rest = service.storage_uri.partition("://")
        claim, _, folder = rest.partition("/")
        if scheme != "pvc":
            continue
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", claim) or ".." in folder.split("/"):
            yield wrong(
                "services",
                name,
                "storageUri",
                value=service.storage_uri,
                what="does not name a claim",
                why="it is pvc://<claim>/<folder in it>, and a claim's name has small letters",
                fix="write it like pvc://model-store/mnist",
            )


def buckets_are_named(parts: Parts) -> Iterator[Problem]:
    """`s3:///path` parses, and then nobody can say which bucket."""
    for name, service in models(parts):
        scheme, _, rest = service.storage_uri.partition("://")
        if scheme in SCHEMES and scheme != "pvc" and (not rest.strip("/") or rest.startswith("/")):
            yield wrong(
                "services",
                name,
                "storageUri",
                value=service.storage_uri,
                what="names no place",
                why="after the scheme stands the bucket, host or repository",
                fix=f"write it like {scheme}://bucket/path",
            )


def addresses_carry_no_credentials(parts: Parts) -> Iterator[Problem]:
    """The address stands in the stack file, in the state and in every description of the service."""
    for name, service in models(parts):
        _, _, rest = service.storage_uri.partition("://")
        authority = rest.partition("/")[0]
        if "@" in authority or re.search(
            r"[?&][^=&]*(sig|signature|token|key|secret)[^=&]*=", rest, re.IGNORECASE
        ):
            yield wrong(
                "services",
                name,
                "storageUri",
                value=service.storage_uri,
                what="carries credentials",
                why="the address is kept in plain text, here, in the state and in the cluster",
                fix="remove them, and give the model's service account access to the storage",
            )


def formats_are_known(parts: Parts) -> Iterator[Problem]:
    """KServe leaves a service pending whose format nobody serves."""
    for name, service in models(parts):
        if service.model_format not in MODEL_FORMATS:
            near = nearest(service.model_format, MODEL_FORMATS)
            yield wrong(
                "services",
                name,
                "modelFormat",
                value=service.model_format,
                what="is not a model format that a runtime serves",
                why=f"the formats are: {', '.join(MODEL_FORMATS)}",
                fix=f"write {near}" if near else "write one of them",
            )


def named_runtimes_are_installed(parts: Parts) -> Iterator[Problem]:
    """A runtime that is there in KServe, but not in this stack."""
    if parts.platform is None:
        return
    for name, service in models(parts):
        if service.runtime and service.runtime not in parts.platform.runtimes:
            yield wrong(
                "services",
                name,
                "runtime",
                value=service.runtime,
                what="is not installed",
                why="kserve-platform:platform.runtimes does not name it",
                fix="add it there, or remove that key to install all",
            )


def named_runtimes_serve_the_format(parts: Parts) -> Iterator[Problem]:
    """KServe refuses such a service at reconcile time only."""
    for name, service in models(parts):
        if not service.runtime or service.model_format not in MODEL_FORMATS:
            continue
        if service.model_format not in RUNTIMES[service.runtime].formats:
            yield wrong(
                "services",
                name,
                "runtime",
                value=service.runtime,
                what=f"does not serve {service.model_format}",
                why=f"it serves: {', '.join(RUNTIMES[service.runtime].formats)}",
                fix=f"remove the key, or write one of: {', '.join(_serving(service.model_format))}",
            )


def named_runtimes_speak_the_protocol(parts: Parts) -> Iterator[Problem]:
    """A client of another protocol gets 404 from a server that is otherwise well."""
    for name, service in models(parts):
        if (
            service.runtime
            and service.protocol_version
            and not _speaks(service.runtime, service.protocol_version)
        ):
            protocols = RUNTIMES[service.runtime].protocols
            yield wrong(
                "services",
                name,
                "protocolVersion",
                value=service.protocol_version,
                what=f"is not a protocol of {service.runtime}",
                why=f"it speaks: {', '.join(protocols)}",
                fix="remove the key, or write one of them",
            )


def some_runtime_takes_the_model(parts: Parts) -> Iterator[Problem]:
    """Where none is named, an installed runtime must choose the format by itself and speak the protocol."""
    if parts.platform is None:
        return
    for name, service in models(parts):
        if service.runtime or service.model_format not in MODEL_FORMATS:
            continue
        protocol = service.protocol_version
        willing = _serving(service.model_format, by_itself=True)
        fit = [runtime for runtime in willing if protocol is None or _speaks(runtime, protocol)]
        if not fit:
            yield wrong(
                "services",
                name,
                "protocolVersion",
                value=protocol,
                what=f"is spoken by no runtime for {service.model_format}",
                why="; ".join(
                    f"{runtime} speaks {', '.join(RUNTIMES[runtime].protocols)}" for runtime in willing
                ),
                fix="remove the key, or write one of these",
            )
        elif not set(fit) & set(parts.platform.runtimes):
            yield wrong(
                "services",
                name,
                "modelFormat",
                value=service.model_format,
                what="is served by no installed runtime",
                why="kserve-platform:platform.runtimes leaves out all that would take it",
                fix=f"add there one of: {', '.join(fit)}",
            )


def the_example_has_its_runtime(parts: Parts) -> Iterator[Problem]:
    """The example is a TorchServe model."""
    if parts.platform is None or EXAMPLE_RUNTIME in parts.platform.runtimes:
        return
    for name, service in examples(parts):
        yield wrong(
            "services",
            name,
            "example",
            value=service.example,
            what="has no runtime",
            why=f"it runs on {EXAMPLE_RUNTIME}, which kserve-platform:platform.runtimes leaves out",
            fix=f"add {EXAMPLE_RUNTIME} there, or remove that key to install all",
        )


def the_example_reaches_the_nodes(parts: Parts) -> Iterator[Problem]:
    """No registry has the example's model: it is trained here and put into the nodes as an image."""
    if not isinstance(parts.cluster, ExistingSettings | EksSettings):
        return
    for name, service in examples(parts):
        yield wrong(
            "services",
            name,
            "example",
            value=service.example,
            what="cannot reach the cluster",
            why="its model is trained here and put into the nodes of a cluster that this stack makes",
            fix="serve a model from storage instead, as stacks/Pulumi.existing.yaml does",
        )


def _serving(model_format: str, *, by_itself: bool = False) -> tuple[RuntimeName, ...]:
    return tuple(
        name
        for name, runtime in RUNTIMES.items()
        if model_format in (runtime.chosen_for if by_itself else runtime.formats)
    )


def _speaks(runtime: RuntimeName, protocol: Protocol) -> bool:
    return protocol in (RUNTIMES[runtime].protocols or (protocol,))


RULES: tuple[Rule, ...] = (
    storage_is_of_a_known_kind,
    claims_are_named,
    buckets_are_named,
    addresses_carry_no_credentials,
    formats_are_known,
    named_runtimes_are_installed,
    named_runtimes_serve_the_format,
    named_runtimes_speak_the_protocol,
    some_runtime_takes_the_model,
    the_example_has_its_runtime,
    the_example_reaches_the_nodes,
)
