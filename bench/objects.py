"""The objects of a stack that is up, by layer: what a plain kubectl installs for comparison. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_STACK = "pulumi:pulumi:Stack"
_KUBERNETES = "kubernetes:"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_OURS = ("pulumi.com/",)

# As KServe's quick install brings them: each waited for before the next.
ORDER = (
    "gateway-api",
    "cert-manager",
    "istio",
    "gateways",
    "knative",
    "knative-ingress",
    "kserve",
    "runtimes",
    "model-storage",
    "mnist-model",
    "torchserve",
)


@dataclass
class Layer:
    """What one layer consists of.

    Attributes:
        name: Name of its component.
        crds: Paths of CRD files, relative to the cache.
        objects: Everything else, in the order of the state.
    """

    name: str
    crds: list[str] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)


def layers_of(resources: Sequence[Mapping[str, Any]]) -> list[Layer]:
    """Layers of a state, in the order of the quick install; others after it, by their place in the state.

    Args:
        resources: `deployment.resources` of `pulumi stack export --show-secrets`.
    """
    parents = {str(one["urn"]): str(one.get("parent") or "") for one in resources}
    stacks = {str(one["urn"]) for one in resources if one["type"] == _STACK}
    layers: dict[str, Layer] = {}
    for one in resources:
        urn = str(one["urn"])
        while parents.get(urn) and parents[urn] not in stacks:
            urn = parents[urn]
        name = urn.rpartition("::")[2]
        layer = layers.setdefault(name, Layer(name))
        kind = str(one["type"])
        if kind.endswith(":index:CrdSet"):
            layer.crds.append(str(one["inputs"]["path"]))
        elif kind.startswith(_KUBERNETES):
            layer.objects.append(manifest(one["inputs"]))
    filled = [layer for layer in layers.values() if layer.crds or layer.objects]
    place = {name: index for index, name in enumerate(ORDER)}
    return sorted(filled, key=lambda layer: place.get(layer.name, len(ORDER)))


def manifest(inputs: Any) -> Any:
    """A resource's inputs as kubectl takes them: secrets opened, Pulumi's own annotations left out."""
    if isinstance(inputs, list):
        return [manifest(item) for item in inputs]
    if not isinstance(inputs, dict):
        return inputs
    if _SIGNATURE in inputs:
        import json

        return manifest(json.loads(inputs["plaintext"]))
    return {
        key: manifest(value)
        for key, value in inputs.items()
        if not key.startswith("__") and not key.startswith(_OURS)
    }


def namespaces_with_deployments(objects: Sequence[Mapping[str, Any]]) -> list[str]:
    """Namespaces whose Deployments a layer waits for."""
    found = {one["metadata"]["namespace"]: None for one in objects if one.get("kind") == "Deployment"}
    return list(found)
