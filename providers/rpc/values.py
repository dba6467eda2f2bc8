"""The two marks that a property value can carry besides plain JSON: secret and unknown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Unknown(Enum):
    """The type of `UNKNOWN`: an enumeration, so that copies stay the one instance."""

    VALUE = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.VALUE
"""A value that exists only after the deployment."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that is never shown; its repr hides it, so that no log or assertion can leak it."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True, slots=True)
class Output:
    """An output value as remote components receive it.

    Attributes:
        value: The plain value; `UNKNOWN` where it is not known yet.
        secret: Whether it must be treated as a secret.
        dependencies: URNs of the resources that it was computed from.
    """

    value: Any
    secret: bool = False
    dependencies: tuple[str, ...] = ()


def reveal(value: Any) -> Any:
    """Copy `value` without its marks of secrecy; outputs become their values, unknowns stay."""
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    if isinstance(value, (Secret, Output)):
        return reveal(value.value)
    return value


def has_unknowns(value: Any) -> bool:
    """Whether `value` contains `UNKNOWN` anywhere."""
    if isinstance(value, dict):
        return any(has_unknowns(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknowns(item) for item in value)
    if isinstance(value, (Secret, Output)):
        return has_unknowns(value.value)
    return value is UNKNOWN


def has_secrets(value: Any) -> bool:
    """Whether `value` contains a secret anywhere."""
    if isinstance(value, dict):
        return any(has_secrets(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secrets(item) for item in value)
    return isinstance(value, Secret) or (isinstance(value, Output) and value.secret)
