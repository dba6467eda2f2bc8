"""Asking one rule about a broken stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from components.facts.environments import Environment
from policies.registry import ALL_RULES
from policies.rule import Finding, Resource, Rule

TODAY = "2026-11-21"


def rule(name: str) -> Rule:
    return next(one for one in ALL_RULES if one.id == name)


def ask(name: str, stack: Sequence[Resource], **options: Any) -> list[Finding]:
    """What a rule says about a stack, on the day that the support table is of."""
    asked = rule(name)
    if "today" in asked.options:
        options = {"today": TODAY, **options}
    return asked.findings(stack, asked.context("eks-prod", Environment.PROD, options))


def told(name: str, stack: Sequence[Resource], **options: Any) -> list[tuple[str, str | None, str, str]]:
    """The same as where, seen, why and what to do, without what cannot be judged."""
    found = ask(name, stack, **options)
    return [(one.where, one.seen, one.why, one.fix) for one in found if not one.undecided]


def blind(name: str, stack: Sequence[Resource], **options: Any) -> list[str]:
    """Which properties a rule misses."""
    return [one.where for one in ask(name, stack, **options) if one.undecided]


def broken(stack: Sequence[Resource], kind: str, name: str, **props: Any) -> list[Resource]:
    """The stack with other properties of one resource; None takes a property away."""

    def change(found: Resource) -> Resource:
        changed = {**deepcopy(dict(found.props)), **props}
        return replace(found, props={key: value for key, value in changed.items() if value is not None})

    return altered(stack, kind, name, change)


def altered(
    stack: Sequence[Resource], kind: str, name: str, change: Callable[[Resource], Resource]
) -> list[Resource]:
    """The stack with one resource exchanged."""
    assert any((one.type, one.name) == (kind, name) for one in stack)
    return [change(one) if (one.type, one.name) == (kind, name) else one for one in stack]


def without(stack: Sequence[Resource], kind: str, name: str) -> list[Resource]:
    """The stack without one resource."""
    return [one for one in stack if (one.type, one.name) != (kind, name)]
