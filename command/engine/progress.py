"""What the engine does, told as steps: one for each component that stands directly below the stack.

A run that changes nothing opens no step. A step opens with the first real operation inside a component and
says which resources it waits for. The engine never says that a component is complete: its resources begin
whenever those of others end. So a step rests while nothing in it runs, and closes with its gate, which every
layer ends with, or with the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from command.engine.events import QUIET_OPERATIONS, Event, Message, Phase, ResourceEvent, Summary, Violation

_STACK_TYPE = "pulumi:pulumi:Stack"
_GATE_TYPE = ":index:Gate"
_PATH_PLUGIN_WARNING = "from $PATH at"


@dataclass(frozen=True)
class Opened:
    """A step began."""

    step: str


@dataclass(frozen=True)
class Noted:
    """What a step is doing now."""

    step: str
    note: str


@dataclass(frozen=True)
class Rested:
    """Nothing of a step runs at this moment; it may go on."""

    step: str


@dataclass(frozen=True)
class Closed:
    """A step ended.

    Attributes:
        failed: Something in it failed.
        changed: How many resources it changed.
    """

    step: str
    failed: bool
    changed: int


@dataclass(frozen=True)
class Warned:
    """Something that a person should read, with the resource it concerns."""

    text: str


Update = Opened | Noted | Rested | Closed | Warned


@dataclass(frozen=True)
class Failure:
    """A resource that failed, with what was said of it.

    Attributes:
        step: Its step; empty for the program itself.
        resource: `Deployment istiod`; empty for the program itself.
        urn: The resource; empty for the program itself.
        id: The provider's identity of it, empty if it was not made.
        text: The provider's or the program's own words.
    """

    step: str
    resource: str
    urn: str
    id: str
    text: str


@dataclass
class _Step:
    running: dict[str, str] = field(default_factory=dict)
    failed: bool = False
    changed: int = 0


class EngineProgress:
    """Turns events into updates of steps, and keeps what is known at the end."""

    def __init__(self, verb: str = "") -> None:
        """Begin.

        Args:
            verb: Put before the components' names, where they are not being made: `remove`.
        """
        self._verb = f"{verb} " if verb else ""
        self.outputs: Mapping[str, Any] = {}
        self.changes: Mapping[str, int] = {}
        self.messages: list[Message] = []
        self.violations: list[Violation] = []
        self._parents: dict[str, str] = {}
        self._resources: dict[str, ResourceEvent] = {}
        self._steps: dict[str, _Step] = {}

    def apply(self, event: Event) -> list[Update]:
        """Take an event in and say what changes for who looks on."""
        if isinstance(event, Summary):
            self.changes = event.changes
            return []
        if isinstance(event, Violation):
            # Told as a whole at the end: a stack's worth of advice between its steps helps nobody.
            self.violations.append(event)
            return []
        if isinstance(event, Message):
            return self._message(event)
        return self._resource(event)

    def finish(self) -> list[Update]:
        """Close what is open: the engine has ended, so nothing runs any more."""
        return [self._close(name, step) for name, step in list(self._steps.items())]

    def failures(self) -> list[Failure]:
        """Every error, the resource's own first, the engine's general ones after."""
        errors = [one for one in self.messages if one.severity == "error"]
        named = [one for one in errors if one.urn in self._resources and not self._is_stack(one.urn)]
        rest = [one for one in errors if one not in named]
        return [self._failure(one) for one in (*named, *rest)]

    def _failure(self, message: Message) -> Failure:
        resource = self._resources.get(message.urn)
        if resource is None or self._is_stack(message.urn):
            return Failure("", "", "", "", message.text)
        return Failure(self._step_of(message.urn), resource.name, message.urn, resource.id, message.text)

    def _message(self, message: Message) -> list[Update]:
        step = self._step_of(message.urn) if message.urn else ""
        if message.passing:
            return [Noted(step, message.text)] if step in self._steps else []
        self.messages.append(message)
        if message.severity == "warning" and _PATH_PLUGIN_WARNING not in message.text:
            resource = self._resources.get(message.urn)
            name = f"{resource.name}: " if resource and not self._is_stack(message.urn) else ""
            return [Warned(f"{name}{message.text}")]
        return []

    def _resource(self, event: ResourceEvent) -> list[Update]:
        self._parents[event.urn] = event.parent
        self._resources[event.urn] = event
        if event.type == _STACK_TYPE:
            self.outputs = event.outputs or self.outputs
            return []
        name = self._step_of(event.urn)
        if event.phase is Phase.BEGUN:
            return self._begin(name, event)
        return self._end(name, event)

    def _begin(self, name: str, event: ResourceEvent) -> list[Update]:
        if event.operation in QUIET_OPERATIONS or not event.custom:
            return []
        updates: list[Update] = [] if name in self._steps else [Opened(name)]
        step = self._steps.setdefault(name, _Step())
        step.running[event.urn] = event.name
        return [*updates, Noted(name, waiting_for(list(step.running.values())))]

    def _end(self, name: str, event: ResourceEvent) -> list[Update]:
        step = self._steps.get(name)
        if step is None:
            return []
        if event.urn in step.running:
            del step.running[event.urn]
            step.changed += event.phase is Phase.ENDED
            step.failed = step.failed or event.phase is Phase.FAILED
        if step.running:
            return [Noted(name, waiting_for(list(step.running.values())))]
        if event.type.endswith(_GATE_TYPE) and event.operation != "delete":
            return [self._close(name, step)]
        return [Rested(name)]

    def _close(self, name: str, step: _Step) -> Closed:
        del self._steps[name]
        return Closed(name, step.failed, step.changed)

    def _step_of(self, urn: str) -> str:
        """Name of the component below the stack that holds a resource, or its own if none does."""
        while not self._is_top(urn) and (parent := self._parents.get(urn)):
            urn = parent
        return f"{self._verb}{urn.rpartition('::')[2]}"

    def _is_top(self, urn: str) -> bool:
        return self._is_stack(self._parents.get(urn, ""))

    @staticmethod
    def _is_stack(urn: str) -> bool:
        return urn.rpartition("::")[0].endswith(_STACK_TYPE)


def waiting_for(names: list[str]) -> str:
    """What runs, in few words: the one that runs longest, and how many beside it."""
    rest = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{rest}" if names else ""


def changes_in_words(changes: Mapping[str, int]) -> str:
    """`112 created, 2 updated, 34 unchanged`, in the order a person asks for them."""
    words = {
        "create": "created",
        "update": "updated",
        "replace": "replaced",
        "delete": "deleted",
        "same": "unchanged",
    }
    merged = {**changes}
    for operation in ("create-replacement", "delete-replaced"):
        merged.pop(operation, None)
    return ", ".join(f"{merged[one]} {word}" for one, word in words.items() if merged.get(one)) or "nothing"
