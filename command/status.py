"""`status`: what runs of a stack, asked of the state, of Docker and of the cluster; starts nothing."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from command.diagnosis.conditions import condition, name_of
from command.engine.places import Places
from command.engine.store import read_checkpoint
from machine.cache import Cache

_STACK_TYPE = "pulumi:pulumi:Stack"
_TITLE_WIDTH = 14


@dataclass(frozen=True)
class Row:
    """One line of the answer.

    Attributes:
        title: What it is about.
        good: Whether that is as it should be; None where there is nothing to judge.
        text: What is so.
    """

    title: str
    good: bool | None
    text: str


def main(options: argparse.Namespace) -> int:
    """Print the status; 0 whether the stack is up or not."""
    from command.look import look

    places = Places(Cache.default(), options.stack)
    print(render(places.stack, look(places)))
    return 0


def render(stack: str, rows: Sequence[Row]) -> str:
    """Rows as text; a title that repeats is written once."""
    marks = {True: "✓", False: "✗", None: " "}
    lines, before = [f"Stack {stack}"], ""
    for row in rows:
        title = "" if row.title == before else row.title
        lines.append(f"  {marks[row.good]} {title:<{_TITLE_WIDTH}} {row.text}".rstrip())
        before = row.title
    return "\n".join(lines)


def layer_rows(snapshot: Mapping[str, Any]) -> list[Row]:
    """The components below the stack, with how many resources each holds and what failed in it."""
    resources: list[Mapping[str, Any]] = list(snapshot.get("resources") or [])
    parents = {str(one["urn"]): str(one.get("parent") or "") for one in resources}
    stacks = {str(one["urn"]) for one in resources if one.get("type") == _STACK_TYPE}
    counts: dict[str, int] = {}
    broken: dict[str, int] = {}
    for one in resources:
        urn = str(one["urn"])
        while parents.get(urn) and parents[urn] not in stacks:
            urn = parents[urn]
        if urn in stacks or not one.get("custom"):
            continue
        counts[urn] = counts.get(urn, 0) + 1
        broken[urn] = broken.get(urn, 0) + bool(one.get("initErrors"))
    return [
        Row("layers", not broken[urn], f"{urn.rpartition('::')[2]}: {count} resources{_failed(broken[urn])}")
        for urn, count in counts.items()
    ]


def service_row(service: Mapping[str, Any]) -> Row:
    """One InferenceService."""
    ready = condition(service, "Ready")
    good = bool(ready and ready.true)
    url = str(service.get("status", {}).get("url") or "")
    why = "" if good else f": {ready.reason or ready.message}" if ready else ": no status yet"
    return Row("services", good, f"{name_of(service)} {url}{why}".strip())


def state_row(places: Places, snapshot: Mapping[str, Any]) -> Row:
    """What the state says as a whole."""
    if not snapshot.get("resources"):
        return Row("state", None, f"not up; bring it up: make up STACK={places.stack}")
    pending = len(snapshot.get("pending_operations") or [])
    text = f"{len(snapshot['resources'])} resources"
    if pending:
        return Row("state", False, f"{text}, {pending} operations interrupted: run make up")
    return Row("state", True, text)


def snapshot_of(places: Places) -> Mapping[str, Any]:
    """The stack's state; empty where there is none."""
    return read_checkpoint(places.checkpoint)


def _failed(count: int) -> str:
    return f", {count} not ready" if count else ""
