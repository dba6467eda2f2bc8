"""The engine's JSON events, read into the few things that this command acts on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

QUIET_OPERATIONS = frozenset({"same", "read", "refresh", "discard", "discard-replaced"})
"""Operations that change nothing in the world."""

_BLANKED = "4dabf18193072939515e22adb298388d"
_STACK_TYPE = "pulumi:pulumi:Stack"


class Phase(StrEnum):
    """Where a resource is in its operation."""

    BEGUN = "begun"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class ResourceEvent:
    """A resource's operation began, ended or failed.

    Attributes:
        phase: Which of these.
        operation: `create`, `update`, `delete`, `same`, ... as the engine says.
        urn: The resource.
        type: Its type token.
        parent: URN of its parent; empty for the stack.
        custom: A provider makes it, in contrast to a component.
        id: The provider's identity of it: `namespace/name` for a Kubernetes object.
        outputs: Of the stack itself only, at its end; secrets left out.
    """

    phase: Phase
    operation: str
    urn: str
    type: str
    parent: str
    custom: bool
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The resource, as a person calls it: `Deployment istiod`."""
        return f"{self.type.rpartition(':')[2]} {self.urn.rpartition('::')[2]}"


@dataclass(frozen=True)
class Message:
    """Something the engine, a provider or the program says.

    Attributes:
        severity: `info`, `info#err`, `warning` or `error`.
        text: Without colours, stripped.
        urn: The resource it concerns; empty where there is none.
        passing: Only true for the moment: a status, not a result.
    """

    severity: str
    text: str
    urn: str
    passing: bool


@dataclass(frozen=True)
class Summary:
    """The end of a run: how many resources per operation."""

    changes: Mapping[str, int]


@dataclass(frozen=True)
class Violation:
    """What a rule of the policy pack says about a resource.

    Attributes:
        policy: Id of the rule.
        refused: Whether it refuses the plan; else it is advice.
        text: What has to be so, and below it in rows where, what is there, why and what to do.
        urn: The resource; empty where it is about several.
    """

    policy: str
    refused: bool
    text: str
    urn: str

    @property
    def resource(self) -> str:
        """The resource, as a person calls it: `Deployment istiod`."""
        kind, _, name = self.urn.rpartition("::")
        return f"{re.split('[:$]', kind)[-1]} {name}".strip()


Event = ResourceEvent | Message | Summary | Violation


def parse_event(line: str) -> Event | None:
    """Read one line; None for what this command does not need, and for a line that is not an event."""
    if not line.startswith("{"):
        return None
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    if found := event.get("diagnosticEvent"):
        return _message(found)
    if found := event.get("resourcePreEvent"):
        return _resource(Phase.BEGUN, found["metadata"])
    if found := event.get("resOutputsEvent"):
        return _resource(Phase.ENDED, found["metadata"])
    if found := event.get("resOpFailedEvent"):
        return _resource(Phase.FAILED, found["metadata"])
    if found := event.get("policyEvent"):
        refused = found.get("enforcementLevel") == "mandatory"
        text, urn = str(found.get("message", "")).strip(), str(found.get("resourceUrn", ""))
        return Violation(str(found["policyName"]), refused, text, urn)
    if found := event.get("summaryEvent"):
        changes = found.get("resourceChanges") or {}
        return Summary({str(name): int(count) for name, count in changes.items()})
    return None


def _message(found: Mapping[str, Any]) -> Message | None:
    severity = str(found.get("severity", "info"))
    text = str(found.get("message", "")).strip()
    if severity == "debug" or not text:
        return None
    return Message(severity, text, str(found.get("urn", "")), bool(found.get("ephemeral")))


def _resource(phase: Phase, metadata: Mapping[str, Any]) -> ResourceEvent:
    # A deletion has only the old state.
    state = metadata.get("new") or metadata.get("old") or {}
    kind = str(metadata["type"])
    ends_stack = kind == _STACK_TYPE and phase is Phase.ENDED
    return ResourceEvent(
        phase=phase,
        operation=str(metadata["op"]),
        urn=str(metadata["urn"]),
        type=kind,
        parent=str(state.get("parent") or ""),
        custom=bool(state.get("custom")),
        id=str(state.get("id") or ""),
        outputs=visible_outputs(state.get("outputs") or {}) if ends_stack else {},
    )


def visible_outputs(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs without the secret ones (the engine has blanked those already)."""
    return {
        name: value for name, value in outputs.items() if not (isinstance(value, dict) and _BLANKED in value)
    }
