"""Questions of one property: whether it is given, whether its value is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from policies.aws.view import Question, View, dotted
from policies.rule import Context, Finding


def given(prop: str, *, why: str, fix: str) -> Question:
    """Whether there is a top property at all: one that is not known yet is there."""

    def asked(view: View, _: Context) -> Iterator[Finding]:
        if view.peek(prop) is None:
            yield view.wrong(prop, None, why=why, fix=fix)

    return asked


def has_right(
    path: tuple[str, ...], accepted: Callable[[Any], bool], *, why: str, fix: str, default: Any = None
) -> Question:
    """Whether the value of a property is accepted.

    Args:
        path: The property.
        accepted: Judges its value, once that is known.
        why: Why another one is refused.
        fix: What to do then.
        default: What AWS takes where there is none.
    """

    def asked(view: View, _: Context) -> Iterator[Finding]:
        if not accepted(view.get(*path, default=default)):
            yield view.wrong(dotted(path), view.peek(*path), why=why, fix=fix)

    return asked


def is_on(value: Any) -> bool:
    """Accepts a switch that is on."""
    return bool(value)


def is_off(value: Any) -> bool:
    """Accepts a switch that is off."""
    return not value
