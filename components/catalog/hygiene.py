"""What every rendered object goes through: source trees hold leftovers that no cluster should be given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from components.catalog.component import Pin

CRD = "CustomResourceDefinition"
_HOOK = "helm.sh/hook"
# Nobody runs Helm here: the first would be untrue, the second restarts pods with every chart for nothing.
_HELM_LABELS = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": None}
# Knative's commented example of each ConfigMap, half of the whole state in size. Its webhook checks the sum
# only where the example is there.
_EXAMPLE_KEY = "_example"
_EXAMPLE_SUM = "knative.dev/example-checksum"


def tidy(documents: Iterable[Any], pins: Sequence[Pin], namespace: str) -> list[dict[str, Any]]:
    """Turn the documents of a rendered manifest into objects fit for a cluster.

    Args:
        documents: As a YAML parser gives them: objects, lists of objects, and nothing at all.
        pins: Image references to replace.
        namespace: Namespace of objects that a chart leaves to the command line.

    Returns:
        Each object once, the last one winning as with `kubectl apply`, in the order of their first mention.
    """
    kept: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for document in _flatten(documents):
        annotations = document["metadata"].get("annotations") or {}
        if _HOOK in annotations:
            continue
        tidied = _tidy_one(document, pins, namespace)
        kept[identity(tidied)] = tidied
    return list(kept.values())


def identity(manifest: dict[str, Any]) -> tuple[str, str, str, str]:
    """What makes an object this one: apiVersion, kind, namespace (empty if it has none) and name."""
    metadata = manifest["metadata"]
    return manifest["apiVersion"], manifest["kind"], metadata.get("namespace") or "", metadata["name"]


def _flatten(documents: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for document in documents:
        if not document:
            continue
        if document["kind"].endswith("List") and "items" in document:
            yield from _flatten(document["items"])
        else:
            yield document


def _tidy_one(document: dict[str, Any], pins: Sequence[Pin], namespace: str) -> dict[str, Any]:
    tidied: dict[str, Any] = _without_nulls(_pinned(document, pins))
    tidied.pop("status", None)
    metadata = tidied["metadata"]
    if tidied["kind"] in _CLUSTER_KINDS:
        metadata.pop("namespace", None)
    elif namespace and tidied["apiVersion"] in _CORE_VERSIONS:
        metadata.setdefault("namespace", namespace)
    template = tidied.get("spec", {}).get("template", {})
    for part in (metadata, template.get("metadata", {}) if isinstance(template, dict) else {}):
        _drop_helm_labels(part)
    if tidied["kind"] == "ConfigMap":
        tidied.get("data", {}).pop(_EXAMPLE_KEY, None)
        metadata.get("annotations", {}).pop(_EXAMPLE_SUM, None)
    for part in ("annotations", "labels"):
        if not metadata.get(part, True):
            del metadata[part]
    return tidied


# Kinds that carry a namespace in some manifests though the cluster has one of each.
_CLUSTER_KINDS = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterServingRuntime",
        "ClusterStorageContainer",
        "GatewayClass",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "ValidatingWebhookConfiguration",
        CRD,
    }
)
_CORE_VERSIONS = frozenset({"v1", "apps/v1", "rbac.authorization.k8s.io/v1", "policy/v1", "autoscaling/v2"})


def _drop_helm_labels(metadata: dict[str, Any]) -> None:
    labels = metadata.get("labels", {})
    for name, value in _HELM_LABELS.items():
        if value is None or labels.get(name) == value:
            labels.pop(name, None)


def _without_nulls(value: Any) -> Any:
    """The API server reads a null as "unset it"; a provider's diff reads it as a change for ever."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _pinned(value: Any, pins: Sequence[Pin]) -> Any:
    if isinstance(value, dict):
        return {name: _pinned(item, pins) for name, item in value.items()}
    if isinstance(value, list):
        return [_pinned(item, pins) for item in value]
    if isinstance(value, str):
        for pin in pins:
            value = re.sub(pin.pattern, pin.replacement, value)
    return value
