"""Images are named by what they are, not by what somebody last pushed under a name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from components.facts.environments import Environment
from policies.kubernetes.parts import INFERENCE_SERVICE, RUNTIMES, WORKLOADS, Part, containers, each, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity

# Publishers of what this platform installs; their tags are pinned in the catalog and never move.
_PUBLISHERS = [
    "docker.io/kserve/",
    "docker.io/istio/",
    "docker.io/pytorch/",
    "docker.io/seldonio/",
    "docker.io/tensorflow/",
    "docker.io/vllm/",
    "docker.io/kserve-platform/",
    "gcr.io/knative-releases/",
    "kind.local/",  # no registry: what this project built and loaded into the nodes
    "nvcr.io/nvidia/",
    "public.ecr.aws/eks/",
    "public.ecr.aws/karpenter/",
    "quay.io/brancz/",
    "quay.io/jetstack/",
    "registry.k8s.io/",
]


def check(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge every image of an object."""
    return each(resource, containers(resource), partial(_image, resource, context))


def _image(resource: Resource, context: Context, container: Part) -> Iterator[Finding]:
    for part in (container.at("image"), container.at("runtimeVersion")):
        if not part.value:
            continue
        if part.where.endswith("runtimeVersion"):
            if part.value == "latest":
                yield wrong(resource, part, why="it moves", fix="name the version, e.g. 0.12.0")
            continue
        reference = str(part.value)
        tag = reference.rsplit("/", 1)[-1].partition(":")[2]
        if "@sha256:" in reference:
            continue
        if tag in {"", "latest"}:
            yield wrong(
                resource,
                part,
                why="tomorrow another image can have this name, and pods of one service would differ",
                fix="name a version, or a digest (@sha256:...)",
            )
        elif context.environment is Environment.PROD and not _trusted(reference, context):
            yield wrong(
                resource,
                part,
                why="a tag of a registry that is not trusted can be moved to another image",
                fix="name its digest (@sha256:...), or add the registry to the option trustedRegistries",
            )


def _trusted(reference: str, context: Context) -> bool:
    first = reference.split("/", 1)[0]
    full = reference if "." in first or ":" in first else f"docker.io/{reference}"
    return any(full.startswith(prefix) for prefix in context.options["trustedRegistries"])


RULES = (
    Rule(
        id="image-pinned",
        title="Images are pinned: a version everywhere, in production a digest or a trusted registry",
        severity=Severity.HIGH,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE, *RUNTIMES, *WORKLOADS),
        check=check,
        options={"trustedRegistries": _PUBLISHERS},
    ),
)
