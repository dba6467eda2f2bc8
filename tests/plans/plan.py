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
from dataclasses import dataclass
from typing import Any

from tests.components.mocks import STACK_TYPE, Recorder, Registration, Secret
from tests.plans.aws_text import common_tags, statements, told_tags

# Kinds whose objects this project writes itself, field by field.
OURS = frozenset({"Gateway", "InferenceService", "KindCluster", "PersistentVolumeClaim"})
# Of one kind in one component; more are counted.
NAMED_AT_MOST = 3


def plan_of(recorder: Recorder) -> str:
    """The plan of a program that has run."""
    below: dict[str, list[Registration]] = {}
    for found in recorder.resources:
        below.setdefault(found.parent, []).append(found)
    (stack,) = {parent for parent in below if f"::{STACK_TYPE}::" in parent}
    tags = common_tags([found.inputs for found in recorder.resources if found.custom])
    show = _Show(recorder, below, tags)
    lines = [line for found in below[stack] for line in show.tree(found)]
    if tags:
        lines = [f"tags of all: {', '.join(f'{key}={value}' for key, value in tags.items())}", "", *lines]
    exports = [f"{name}: {_value(value)}" for name, value in sorted(recorder.exports.items())]
    return "\n".join([*lines, "", "exports", *(f"  {line}" for line in exports), ""])


@dataclass(frozen=True)
class _Show:
    """Shows resources.

    Attributes:
        recorder: Where they were registered.
        below: Them by the URN of their parent.
        tags: Tags that all have.
    """

    recorder: Recorder
    below: Mapping[str, list[Registration]]
    tags: Mapping[str, str]

    def tree(self, found: Registration) -> Iterator[str]:
        yield f"{found.type} {found.name}{f' ({_digest(found.inputs)})' if _is_upstreams(found) else ''}"
        for line in (*_options(found, self.recorder), *_inputs(found, self.tags)):
            yield f"    {line}"
        for child in self.below.get(found.urn, []):
            yield from (f"  {line}" for line in self.tree(child))


def _options(found: Registration, recorder: Recorder) -> Iterator[str]:
    waited_for = [recorder.by_urn(urn) for urn in found.depends_on]
    many = {
        (parent, kind)
        for (parent, kind), count in Counter((one.parent, _kind(one)) for one in waited_for).items()
        # Below one's own parent that is a phase of its layer, whose members stand right there.
        if count > NAMED_AT_MOST or (parent == found.parent and len(waited_for) > NAMED_AT_MOST)
    }
    counted = Counter(_kind(one) for one in waited_for if (one.parent, _kind(one)) in many)
    named = (f"{_kind(one)} {one.name}" for one in waited_for if (one.parent, _kind(one)) not in many)
    if waited_for:
        counts = [f"{count} {kind}" for kind, count in sorted(counted.items())]
        yield f"after: {', '.join([*counts, *sorted(named)])}"
    if found.ignore_changes:
        yield f"ignores: {', '.join(found.ignore_changes)}"
    if found.protect:
        yield "protected"


def _kind(found: Registration) -> str:
    return found.type.split(":")[-1]


def _is_upstreams(found: Registration) -> bool:
    return found.type.startswith("kubernetes:") and _kind(found) not in OURS and not found.read


def _inputs(found: Registration, tags: Mapping[str, str]) -> Iterator[str]:
    kind, inputs = _kind(found), found.inputs
    if not found.custom:
        return
    if found.read:
        yield f"read: {found.read}"
    elif _is_upstreams(found):
        yield from _images(inputs)
    elif kind == "CrdSet":
        count, digest = len(inputs["names"]), inputs["sha256"][:12]
        yield f"{inputs['component']} {inputs['version']}: {count} CRDs, {digest}"
    elif kind == "Gate":
        yield f"within {inputs['timeoutSeconds']} s"
        yield from (_check(check) for check in inputs["checks"])
    else:
        rest = {key: value for key, value in inputs.items() if value is not None and key != "tags"}
        yield from _fields(rest)
        if inputs.get("tags"):
            yield f"tags: {told_tags(inputs['tags'], tags)}"


def _images(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Containers of a workload or a serving runtime: what they run and ask for."""
    spec = inputs.get("spec", {})
    pod = spec.get("template", {}).get("spec", {}) or spec
    for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
        requests = container.get("resources", {}).get("requests", {})
        asks = " ".join(f"{name}={amount}" for name, amount in sorted(requests.items()))
        yield f"{container['name']}: {container['image']}{f' ({asks})' if asks else ''}"


def _check(check: Mapping[str, Any]) -> str:
    manifest = check.get("manifest", {})
    about = {**check, **manifest.get("metadata", {}), "kind": manifest.get("kind", check.get("kind"))}
    told = ("kind", "namespace", "name", "service", "condition", "count")
    known = [str(about[key]) for key in told if about.get(key)]
    return f"{check['check']}: {' '.join(known)}"


def _fields(value: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, inner in sorted(value.items()):
        if isinstance(inner, Mapping) and inner:
            yield from _fields(inner, f"{above}{key}.")
        elif isinstance(inner, str) and (sentences := statements(inner)) is not None:
            yield f"{above}{key}:"
            yield from (f"  {sentence}" for sentence in sentences)
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
