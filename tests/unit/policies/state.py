"""States of stacks as fixtures: what `pulumi stack export` writes, as far as rules look at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from policies.registry import ALL_RULES
from policies.rule import Resource, Rule
from policies.unknown import UNKNOWN

FOLDER = Path(__file__).parent / "state"
SERVING = tuple(rule for rule in ALL_RULES if all(token.startswith("kubernetes:") for token in rule.types))
STACK = "eks-prod"


def rule_of(name: str) -> Rule:
    """The rule of an id."""
    (only,) = [rule for rule in ALL_RULES if rule.id == name]
    return only


def resources_of(name: str) -> list[Resource]:
    """The resources of a fixture."""
    state = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return [
        Resource(
            one["type"],
            one["urn"].rsplit("::", 1)[-1],
            one["urn"],
            {**one["inputs"], **one.get("outputs", {})},
            protect=one.get("protect", False),
            ignore_changes=tuple(one.get("ignoreChanges", ())),
            dependencies=tuple(one.get("dependencies", ())),
            property_dependencies={
                name: tuple(urns) for name, urns in one.get("propertyDependencies", {}).items()
            },
        )
        for one in state["deployment"]["resources"]
    ]


def unknown_at(value: Any, path: tuple[str | int, ...]) -> Any:
    """A copy of a value with something unknown at a path."""
    if not path:
        return UNKNOWN
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = unknown_at(value[path[0]], path[1:])
    return copy


def paths(value: Any, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path in a value, inner ones too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([above] if above else []), *(path for key, one in inner for path in paths(one, (*above, key)))]
