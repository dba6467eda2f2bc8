"""Reading `status.conditions` as Kubernetes, Knative and KServe write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """One condition of an object.

    Attributes:
        type: Its name.
        true: Its status is True.
        reason: The controller's short word; may be empty.
        message: The controller's sentence; may be empty.
    """

    type: str
    true: bool
    reason: str
    message: str


def conditions_of(thing: Object) -> list[Condition]:
    """Every condition, in the object's order."""
    found = thing.get("status", {}).get("conditions") or []
    return [
        Condition(
            str(one["type"]),
            one.get("status") == "True",
            str(one.get("reason") or ""),
            str(one.get("message") or ""),
        )
        for one in found
    ]


def condition(thing: Object, kind: str) -> Condition | None:
    """The condition of this type; None where the controller did not set it yet."""
    return next((one for one in conditions_of(thing) if one.type == kind), None)


def seen_by_controller(thing: Object) -> bool:
    """Whether the status speaks of the object's newest generation."""
    observed = thing.get("status", {}).get("observedGeneration")
    newest = thing.get("metadata", {}).get("generation")
    return observed is None or newest is None or observed >= newest


def name_of(thing: Object) -> str:
    """metadata.name, or nothing."""
    return str(thing.get("metadata", {}).get("name", ""))
