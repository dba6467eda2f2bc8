"""Rules for a stack whose images are built here.

With `images: auto` that shows on the machine only; what decides it there asks `problems_when_built` again.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.cluster import DEFAULT_KUBERNETES
from components.settings.model import KindSettings
from components.settings.parts import Parts, Rule, models, wrong
from components.settings.runtimes import EXAMPLE_RUNTIME, RUNTIMES

# The catalog pins the modules of this one version (each minor has another set of staging modules).
BUILDABLE_KUBERNETES = (DEFAULT_KUBERNETES,)
# The others are Python servers of gigabytes whose base images exist in registries only.
BUILDABLE_RUNTIME = EXAMPLE_RUNTIME


def kubernetes_can_be_built(parts: Parts) -> Iterator[Problem]:
    """The node image holds Kubernetes itself."""
    cluster = parts.cluster
    if isinstance(cluster, KindSettings) and cluster.kubernetes_version not in BUILDABLE_KUBERNETES:
        yield wrong(
            "cluster",
            "kubernetesVersion",
            value=cluster.kubernetes_version,
            what="cannot be built here",
            why=f"the sources that are pinned are those of {', '.join(BUILDABLE_KUBERNETES)}",
            fix=f'write "{BUILDABLE_KUBERNETES[0]}", or set kserve-platform:cluster.images to pull',
        )


def one_control_plane_is_enough(parts: Parts) -> Iterator[Problem]:
    """Before several, kind puts a load balancer."""
    cluster = parts.cluster
    if isinstance(cluster, KindSettings):
        roles = [node.role for node in cluster.nodes]
        if roles.count("control-plane") > 1:
            yield wrong(
                "cluster",
                "nodes",
                value=roles,
                what="has more than one control plane",
                why="kind puts its HAProxy image before them, which cannot be built here",
                fix="leave one, or set kserve-platform:cluster.images to pull",
            )


def the_ingress_can_be_built(parts: Parts) -> Iterator[Problem]:
    """Of Knative's three ingress controllers one is published as a module with all its parts."""
    platform = parts.platform
    if platform and platform.ingress_class != "gateway-api":
        missing = {
            "istio": "its controller's module (net-istio) is published nowhere",
            "kourier": "its gateway is an Envoy image that exists in a registry only",
        }
        yield wrong(
            "platform",
            "ingressClass",
            value=platform.ingress_class,
            what="cannot be built here",
            why=missing[platform.ingress_class],
            fix="write gateway-api, or set kserve-platform:cluster.images to pull",
        )


def runtimes_can_be_built(parts: Parts) -> Iterator[Problem]:
    """A service whose server's image can only be pulled never gets a pod."""
    for name, service in models(parts):
        if service.runtime not in {BUILDABLE_RUNTIME, None}:
            key, value, who = "runtime", str(service.runtime), str(service.runtime)
        elif service.model_format not in RUNTIMES[BUILDABLE_RUNTIME].formats:
            key, value, who = "modelFormat", service.model_format, f"every runtime for {service.model_format}"
        else:
            continue
        yield wrong(
            "services",
            name,
            key,
            value=value,
            what="needs an image that cannot be built here",
            why=f"{who} is a server that comes from a registry only; {BUILDABLE_RUNTIME} can be built",
            fix="set kserve-platform:cluster.images to pull, or serve a pytorch model",
        )


def runtime_versions_can_be_built(parts: Parts) -> Iterator[Problem]:
    """There is one version of a module."""
    for name, service in models(parts):
        if service.runtime_version is not None:
            yield wrong(
                "services",
                name,
                "runtimeVersion",
                value=service.runtime_version,
                what="cannot be chosen when images are built here",
                why="one version of the server is pinned to be built",
                fix="remove the key, or set kserve-platform:cluster.images to pull",
            )


def models_need_no_download(parts: Parts) -> Iterator[Problem]:
    """KServe's storage initializer is a Python image that is not built; claims are mounted without it."""
    for name, service in models(parts):
        if not service.storage_uri.startswith("pvc://"):
            yield wrong(
                "services",
                name,
                "storageUri",
                value=service.storage_uri,
                what="needs an image that cannot be built here",
                why="KServe downloads models in its storage-initializer image; a claim is mounted without it",
                fix="put the model on a claim (pvc://), or set kserve-platform:cluster.images to pull",
            )


RULES: tuple[Rule, ...] = (
    kubernetes_can_be_built,
    one_control_plane_is_enough,
    the_ingress_can_be_built,
    runtimes_can_be_built,
    runtime_versions_can_be_built,
    models_need_no_download,
)


def problems_when_built(parts: Parts) -> tuple[Problem, ...]:
    """What of a stack cannot be had when its images are built on this machine."""
    return tuple(problem for rule in RULES for problem in rule(parts))


def building_is_asked_for_what_can_be_built(parts: Parts) -> Iterator[Problem]:
    """The same, for a stack file that says so itself."""
    if isinstance(parts.cluster, KindSettings) and parts.cluster.images == "build":
        yield from problems_when_built(parts)
