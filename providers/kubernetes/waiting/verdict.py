"""What a rule says of an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from providers.kubernetes.objects import Object, metadata_of


@dataclass(frozen=True)
class Verdict:
    """Whether an object is ready.

    Attributes:
        ready: Whether the wait is over well.
        status: What it waits for, for the status column.
        failure: Why it can never become ready any more; None while it can.
        overdue: What to call it when the time is up; empty for the usual words.
        reasons: What is in the way, most general first: pods, events, conditions.
        alarms: What will not heal by itself, told to the user at once though the wait goes on.
    """

    ready: bool = False
    status: str = ""
    failure: str | None = None
    overdue: str = ""
    reasons: Sequence[str] = ()
    alarms: Sequence[str] = ()


CONDITION_OVERDUE = "timed out waiting for the condition"
READY = Verdict(ready=True)


class Look(Protocol):
    """Lists objects near the one that is judged; empty where we may not."""

    def __call__(self, api_version: str, kind: str, namespace: str, **parameters: str) -> list[Object]: ...


def condition(obj: Object, name: str) -> Object:
    """The condition of that type; empty where there is none."""
    for entry in (obj.get("status") or {}).get("conditions") or []:
        if entry.get("type") == name:
            return dict(entry)
    return {}


def is_true(obj: Object, name: str) -> bool:
    """Whether a condition is True."""
    return bool(condition(obj, name).get("status") == "True")


def told(entry: Object) -> str:
    """A condition as a reason: `[Reason] message`."""
    reason, message = entry.get("reason") or "", entry.get("message") or ""
    return f"[{reason}] {message}".strip() if reason else str(message)


def number(obj: Object, *path: str, default: int = 0) -> int:
    """The integer at a path; `default` where it is absent."""
    found: Any = obj
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, int) else default


def is_observed(obj: Object) -> bool:
    """Whether the controller has seen the latest spec."""
    return number(obj, "status", "observedGeneration") >= number(metadata_of(obj), "generation")


def selector_text(selector: Object | None) -> str | None:
    """Write a label selector as a query parameter; None for one that selects nothing we can name."""
    if not selector:
        return None
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for entry in selector.get("matchExpressions") or []:
        operator, key, values = entry.get("operator"), entry.get("key"), ",".join(entry.get("values") or [])
        written = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": f"{key}"}
        parts.append(written.get(operator, f"!{key}"))
    return ",".join(parts) or None
