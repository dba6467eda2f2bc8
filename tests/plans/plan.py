"""What a program would make, as text that a person can review: one line a resource, below its parent.

A line of golden text for every field would be upstream's manifests once more. So objects of Kubernetes show
what people look for (images and requests) and a digest of the whole; what this project writes itself is shown
in full. Any change to any input changes the plan.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.components.mocks import STACK_TYPE, Recorder, Registration, Secret

# Kinds whose objects this project writes itself, field by field.
OURS = frozenset({"Gateway", "InferenceService", "KindCluster", "PersistentVolumeClaim"})
NAMED_AT_MOST = 3


def plan_of(recorder: Recorder) -> str:
    """The plan of a program that has run."""
    below: dict[str, list[Registration]] = {}
    for found in recorder.resources:
        below.setdefault(found.parent, []).append(found)
    (stack,) = {parent for parent in below if f"::{STACK_TYPE}::" in parent}
    lines = [line for found in below[stack] for line in _tree(found, below, recorder)]
    exports = [f"{name}: {_value(value)}" for name, value in sorted(recorder.exports.items())]
    return "\n".join([*lines, "", "exports", *(f"  {line}" for line in exports), ""])


def _tree(found: Registration, below: Mapping[str, list[Registration]], recorder: Recorder) -> Iterator[str]:
    yield f"{found.type} {found.name}"
    for line in (*_options(found, recorder), *_inputs(found)):
        yield f"    {line}"
    for child in below.get(found.urn, []):
        yield from (f"  {line}" for line in _tree(child, below, recorder))


def _options(found: Registration, recorder: Recorder) -> Iterator[str]:
    waits = _summary([recorder.by_urn(urn) for urn in found.depends_on], recorder)
    if waits:
        yield f"after: {waits}"
    if found.ignore_changes:
        yield f"ignores: {', '.join(found.ignore_changes)}"
    if found.deleted_with:
        yield f"deleted with: {recorder.by_urn(found.deleted_with).name}"


def _summary(waited_for: list[Registration], recorder: Recorder) -> str:
    """What is waited for, by component and kind; many of a kind are counted."""
    groups: dict[tuple[str, str], list[str]] = {}
    for found in waited_for:
        group = (recorder.by_urn(found.parent).name, found.type.split(":")[-1])
        groups.setdefault(group, []).append(found.name)
    parts = []
    for (owner, kind), names in sorted(groups.items()):
        few = f"{kind} {', '.join(sorted(names))}"
        parts.append(few if len(names) <= NAMED_AT_MOST else f"{len(names)} {kind} of {owner}")
    return "; ".join(parts)


def _inputs(found: Registration) -> Iterator[str]:
    kind, inputs = found.type.split(":")[-1], found.inputs
    if not found.custom:
        return
    if found.type.startswith("pulumi:providers:") or kind in OURS:
        yield from _fields({key: value for key, value in inputs.items() if value is not None})
    elif kind == "CrdSet":
        count, digest = len(inputs["names"]), inputs["sha256"][:12]
        yield f"{inputs['component']} {inputs['version']}: {count} CRDs, {digest}"
    elif kind == "Gate":
        yield f"within {inputs['timeoutSeconds']} s"
        yield from (_check(check) for check in inputs["checks"])
    else:
        yield from _looked_for(inputs)
        yield f"digest: {_digest(inputs)}"


def _looked_for(inputs: Mapping[str, Any]) -> Iterator[str]:
    spec = inputs.get("spec", {})
    pod = spec.get("template", {}).get("spec", {}) if isinstance(spec, Mapping) else {}
    for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
        requests = container.get("resources", {}).get("requests", {})
        asks = " ".join(f"{name}={amount}" for name, amount in sorted(requests.items()))
        yield f"{container['name']}: {container['image']}{f' ({asks})' if asks else ''}"


def _check(check: Mapping[str, Any]) -> str:
    manifest = check.get("manifest", {})
    about = {**check, **manifest.get("metadata", {}), "kind": manifest.get("kind", check.get("kind"))}
    known = [
        str(about[key]) for key in ("kind", "namespace", "name", "service", "condition") if about.get(key)
    ]
    return f"{check['check']}: {' '.join(known)}"


def _fields(value: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, inner in sorted(value.items()):
        if isinstance(inner, Mapping) and inner:
            yield from _fields(inner, f"{above}{key}.")
        else:
            yield f"{above}{key}: {_value(inner)}"


def _value(value: Any) -> str:
    if isinstance(value, Secret):
        return "(secret)"
    return value if isinstance(value, str) else json.dumps(_shown(value), sort_keys=True)


def _shown(value: Any) -> Any:
    if isinstance(value, Secret):
        return "(secret)"
    if isinstance(value, Mapping):
        return {key: _shown(inner) for key, inner in value.items()}
    return [_shown(inner) for inner in value] if isinstance(value, list) else value


def _digest(inputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(_shown(inputs), sort_keys=True).encode()).hexdigest()[:12]


def kinds_of(recorder: Recorder) -> Counter[str]:
    """How many resources of each type."""
    return Counter(found.type for found in recorder.resources)
