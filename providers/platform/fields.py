"""Reading a resource's inputs: every mistake is collected under its property, and none stops the reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Refusal:
    """One input that cannot be taken.

    Attributes:
        property: Its path, e.g. `nodes[0].role`.
        reason: Why, as a clause.
    """

    property: str
    reason: str


class InputsRefused(Exception):
    """Inputs that `Check` lets nobody pass with.

    Attributes:
        refusals: Everything that is wrong with them.
    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("; ".join(f"{each.property}: {each.reason}" for each in refusals))
        self.refusals = tuple(refusals)


class Fields:
    """A mapping of inputs being read.

    Args:
        values: The inputs, without marks of secrecy.
        refusals: Where mistakes go; shared with nested readers.
        path: Path of the mapping; empty for the resource itself.
    """

    def __init__(self, values: Mapping[str, Any], refusals: list[Refusal], path: str = "") -> None:
        self._values = values
        self._refusals = refusals
        self._path = path

    def only(self, *names: str) -> None:
        """Refuse every property but these: a misspelt one would silently do nothing."""
        for name in sorted(set(self._values) - set(names) - {"__defaults"}):
            self.refuse(name, f"is not known here; known are {', '.join(names)}")

    def refuse(self, name: str, reason: str) -> None:
        """Note that a property is wrong."""
        self._refusals.append(Refusal(self._at(name), reason))

    def has(self, name: str) -> bool:
        """Whether a property was given."""
        return self._values.get(name) is not None

    def text(self, name: str, pattern: str, shape: str, *, default: str | None = None) -> str:
        """A text that matches a whole regular expression, told to people as `shape`."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        self.refuse(name, f"must be {shape}, is {_shown(value)}")
        return default or ""

    def optional_text(self, name: str, pattern: str, shape: str) -> str | None:
        """As `text`, or None where it is absent."""
        return None if self._values.get(name) is None else self.text(name, pattern, shape)

    def word(self, name: str, words: Sequence[str], *, default: str | None = None) -> str:
        """One of a few words."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if value in words:
            return str(value)
        self.refuse(name, f"must be {' or '.join(words)}, is {_shown(value)}")
        return words[0]

    def number(self, name: str, low: int, high: int, *, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.refuse(name, f"must be a whole number from {low} to {high}, is {_shown(value)}")
        return low

    def optional_number(self, name: str, low: int, high: int) -> int | None:
        """As `number`, or None where it is absent."""
        return None if self._values.get(name) is None else self.number(name, low, high)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(name, f"must be true or false, is {_shown(value)}")
            return default
        return value

    def texts(self, name: str) -> dict[str, str]:
        """A mapping of texts to texts; empty where it is absent."""
        value = self._values.get(name) or {}
        if isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values()):
            return {str(key): item for key, item in value.items()}
        self.refuse(name, f"must map texts to texts, is {_shown(value)}")
        return {}

    def text_list(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where it is absent."""
        value = self._values.get(name) or []
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.refuse(name, f"must be a list of texts, is {_shown(value)}")
        return ()

    def items(self, name: str, read: Callable[[Fields], Item]) -> tuple[Item, ...]:
        """A list of mappings, each read by a function; empty where it is absent."""
        value = self._values.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            self.refuse(name, f"must be a list of mappings, is {_shown(value)}")
            return ()
        return tuple(
            read(Fields(item, self._refusals, self._at(f"{name}[{index}]")))
            for index, item in enumerate(value)
        )

    def mapping(self, name: str) -> dict[str, Any]:
        """A mapping of anything."""
        value = self._values.get(name)
        if isinstance(value, Mapping):
            return dict(value)
        self.refuse(name, f"must be a mapping, is {_shown(value)}")
        return {}

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def read_all(values: Mapping[str, Any], read: Callable[[Fields], Item]) -> Item:
    """Read inputs with a function.

    Raises:
        InputsRefused: Something is wrong with them; everything that is.
    """
    refusals: list[Refusal] = []
    result = read(Fields(values, refusals))
    if refusals:
        raise InputsRefused(refusals)
    return result


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    return f'"{value}"' if isinstance(value, str) else str(value)
