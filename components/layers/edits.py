"""Changes to upstream's manifests, each a pure function over one object, each for a reason.

An edit takes a manifest and returns the one to use instead, or None to leave it out. It never changes what it
is given: rendered objects are shared.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from components.catalog.images import buildable_reference
from components.catalog.references import image_fields
from components.layers.objects import Manifest

Edit = Callable[[Manifest], Manifest | None]


def apply_edits(manifests: Iterable[Manifest], *edits: Edit) -> list[Manifest]:
    """Run every edit over every manifest, in order."""
    edited: list[Manifest] = []
    for original in manifests:
        current: Manifest | None = original
        for edit in edits:
            current = edit(current) if current is not None else None
        if current is not None:
            edited.append(current)
    return edited


def without(*keys: tuple[str, str]) -> Edit:
    """Leave out the objects of these (kind, name); a name of "*" is every one of the kind."""
    return lambda m: None if {(m["kind"], m["metadata"]["name"]), (m["kind"], "*")} & set(keys) else m


def for_object(kind: str, name: str, edit: Edit) -> Edit:
    """Restrict an edit to one object."""
    return lambda m: edit(m) if (m["kind"], m["metadata"]["name"]) == (kind, name) else m


def built_images(manifest: Manifest) -> Manifest:
    """Name images as they are built here, and never ask a registry for them.

    Every field called image counts, and Knative's queue-sidecar-image, which is one inside a ConfigMap.
    """
    changed = copy.deepcopy(manifest)
    for holder, field in image_fields(changed):
        holder[field] = buildable_reference(holder[field])
        if holder.get("imagePullPolicy") == "Always":
            holder["imagePullPolicy"] = "IfNotPresent"
    return changed


SMALL_CPU, SMALL_MEMORY = "10m", "64Mi"


def small(manifest: Manifest) -> Manifest | None:
    """Fit the platform's own pods on a machine of two cores.

    Such a node is short of CPU requests, not of CPU: upstream's add up to 1.9 cores. CPU limits go too, since
    a controller held to a tenth of a core needs half a minute to start. Autoscalers and disruption budgets
    of single replicas on a single node only make events, there are no metrics for them.
    """
    if manifest["kind"] in {"HorizontalPodAutoscaler", "PodDisruptionBudget"}:
        return None
    changed = copy.deepcopy(manifest)
    for container in _containers(changed):
        resources = container.setdefault("resources", {})
        resources["requests"] = {"cpu": SMALL_CPU, "memory": SMALL_MEMORY}
        resources.get("limits", {}).pop("cpu", None)
    return changed


def asked_at_once(manifest: Manifest) -> Manifest:
    """Ask a starting container every second whether it is ready, instead of after a fixed delay.

    KServe's controller is ready in two seconds and upstream asks it first after thirty. A startup probe does
    the asking; once it holds, upstream's own probe takes over with its own period, so that load makes nobody
    flap.
    """
    changed = copy.deepcopy(manifest)
    for container in _containers(changed):
        probe = container.get("readinessProbe")
        if probe is None or "startupProbe" in container:
            continue
        probe.pop("initialDelaySeconds", None)
        handler = {name: probe[name] for name in ("httpGet", "tcpSocket", "exec", "grpc") if name in probe}
        container["startupProbe"] = {**copy.deepcopy(handler), "periodSeconds": 1, "failureThreshold": 300}
    return changed


def with_data(name: str, values: Mapping[str, str]) -> Edit:
    """Set keys of one ConfigMap."""

    def edit(manifest: Manifest) -> Manifest:
        return {**manifest, "data": {**manifest.get("data", {}), **values}}

    return for_object("ConfigMap", name, edit)


def with_pod_annotation(deployment: str, name: str, value: str) -> Edit:
    """Annotate a Deployment's pods: a changed value restarts them."""

    def edit(manifest: Manifest) -> Manifest:
        changed = copy.deepcopy(manifest)
        metadata = changed["spec"]["template"].setdefault("metadata", {})
        metadata.setdefault("annotations", {})[name] = value
        return changed

    return for_object("Deployment", deployment, edit)


def annotated(kind: str, name: str, annotations: Mapping[str, Any]) -> Edit:
    """Annotate one object. It copies nothing but what it changes, so that values may be outputs."""

    def edit(manifest: Manifest) -> Manifest:
        metadata = manifest["metadata"]
        return {
            **manifest,
            "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), **annotations}},
        }

    return for_object(kind, name, edit if annotations else lambda manifest: manifest)


def without_aggregated_rules(manifest: Manifest) -> Manifest:
    """Leave the rules of an aggregated ClusterRole to the controller that aggregates them.

    Applying upstream's empty list would take the permissions away from the controllers until it looks again.
    """
    if "aggregationRule" not in manifest:
        return manifest
    return {name: value for name, value in manifest.items() if name != "rules"}


def unawaited(manifest: Manifest) -> Manifest:
    """Do not wait for a Service's endpoints, a claim's volume or agents of machines: gates and pods ask.

    The official provider watches a Service for ten seconds to see whether it stays as it is; a claim may wait
    for its first pod; and a DaemonSet is ready when every machine has its pod, the one that comes or goes
    right then too.
    """
    if manifest["kind"] not in {"DaemonSet", "Service", "PersistentVolumeClaim"}:
        return manifest
    changed = copy.deepcopy(manifest)
    changed["metadata"].setdefault("annotations", {})["pulumi.com/skipAwait"] = "true"
    return changed


def digest_text(manifests: Iterable[Manifest]) -> str:
    """Manifests as text that is the same whenever they are."""
    return json.dumps(list(manifests), sort_keys=True, separators=(",", ":"))


def _containers(manifest: Manifest) -> list[dict[str, Any]]:
    if manifest["kind"] not in {"DaemonSet", "Deployment", "Job"}:
        return []
    pod = manifest["spec"]["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]
