"""What InferenceServices run and where it comes from: runtime, storage, identity."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from components.facts.environments import Environment
from components.settings.runtimes import ALL_RUNTIMES
from policies.kubernetes.parts import INFERENCE_SERVICE, Part, components, containers, each, models, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity


def runtime(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge whether it is clear what runs a model."""
    served = (model for one in components(resource) for model in models(one))
    checks = [partial(_runtime, resource)]
    if context.environment is Environment.PROD:
        checks.append(partial(_version, resource))
    return each(resource, served, *checks)


def _runtime(resource: Resource, model: Part) -> Iterator[Finding]:
    if model.where.rsplit(".", 1)[-1] != "model":
        yield wrong(
            resource,
            model,
            why="KServe rewrites this older form, so every preview would show a change",
            fix="write model: with modelFormat and runtime",
        )
        return
    part = model.at("runtime")
    if not part.value:
        yield wrong(
            resource,
            part,
            why="KServe takes whichever runtime fits first, another one after an upgrade",
            fix="name the runtime, e.g. kserve-sklearnserver",
        )
    elif part.value.startswith("kserve-") and part.value not in ALL_RUNTIMES:
        yield wrong(
            resource,
            part,
            why="KServe has no runtime of that name, and the service would wait for one",
            fix=f"name one of {', '.join(ALL_RUNTIMES)}",
        )


def _version(resource: Resource, model: Part) -> Iterator[Finding]:
    part = model.at("runtimeVersion")
    if not part.value and not model.at("image").value:
        yield wrong(
            resource,
            part,
            why="an upgrade of KServe would change what serves this model",
            fix='name the version, e.g. "v0.20.0"',
        )


def storage(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge where models come from."""
    return each(resource, containers(resource), partial(_uris, resource, context))


def _uris(resource: Resource, context: Context, container: Part) -> Iterator[Finding]:
    given = [container.at("storageUri")]
    given += [one.at("value") for one in container.entries("env") if one.at("name").value == "STORAGE_URI"]
    for part in given:
        if part.value:
            yield from _uri(resource, context, part)


def _uri(resource: Resource, context: Context, part: Part) -> Iterator[Finding]:
    uri, allowed = str(part.value), context.options["prefixes"]
    if not any(uri.startswith(prefix) for prefix in allowed):
        yield wrong(
            resource,
            part,
            why="models are code: they come from places that somebody answers for",
            fix=f"use one of {', '.join(allowed)}, or add it to the rule's option prefixes",
        )
    elif uri.startswith("hf://") and context.environment is Environment.PROD and ":" not in uri[5:]:
        yield wrong(
            resource,
            part,
            why="without a revision the model changes whenever its author pushes",
            fix="add the commit: hf://owner/model:<commit>",
        )


def identity(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge who the pods are."""
    return each(resource, components(resource), partial(_account, resource))


def _account(resource: Resource, component: Part) -> Iterator[Finding]:
    part = component.at("serviceAccountName")
    if not part.value or part.value == "default":
        yield wrong(
            resource,
            part,
            why="every pod of the namespace shares the account default: what one may read, all may",
            fix="give the service an account of its own, and that account the right to its own files",
        )


RULES = (
    Rule(
        id="isvc-runtime-pinned",
        title="It is written down what runs a model, in production with its version",
        severity=Severity.MEDIUM,
        levels=Levels(Level.ADVISORY, Level.ADVISORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE,),
        check=runtime,
    ),
    Rule(
        id="isvc-storage-allowed",
        title="Models come from allowed places, in production with a fixed revision",
        severity=Severity.HIGH,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE,),
        check=storage,
        options={"prefixes": ["s3://", "gs://", "oci://", "pvc://", "hf://"]},
    ),
    Rule(
        id="isvc-identity",
        title="Every model has a service account of its own",
        severity=Severity.HIGH,
        # In development a model on a claim or in a public bucket needs no identity. Keys in the environment
        # are refused everywhere, by no-plaintext-secret.
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE,),
        check=identity,
    ),
)
