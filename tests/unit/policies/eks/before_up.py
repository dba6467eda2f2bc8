"""A stack as a preview shows it: ids are unknown, dependencies are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from policies.rule import Resource
from policies.unknown import UNKNOWN

# What AWS decides when it makes a resource, and therefore no preview knows.
_DECIDED_BY_AWS = ("id", "arn", "resources")


def preview(stack: list[Resource]) -> list[Resource]:
    """The same stack before `up`: what AWS decides is unknown, and all that depends on it."""
    return [replace(one, props=_before_up(one)) for one in stack]


def _before_up(one: Resource) -> dict[str, Any]:
    props = {key: UNKNOWN if key in _DECIDED_BY_AWS else value for key, value in one.props.items()}
    for prop in set(one.property_dependencies) & set(props):
        props[prop] = _all_unknown(props[prop])
    return props


def _all_unknown(value: Any) -> Any:
    """Texts that come from other resources are unknown; switches and lists of words are the program's own."""
    if isinstance(value, dict):
        return {key: _all_unknown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return value if value == ["secrets"] else [_all_unknown(inner) for inner in value]
    return UNKNOWN if isinstance(value, str) else value
