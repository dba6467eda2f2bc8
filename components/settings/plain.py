"""From whatever YAML or the engine gave to plain JSON values, or the reasons why not.

The engine hands a program its configuration as JSON text; a command reads the same file as YAML. Both are
brought to one form here, the engine's: keys are text, 2.0 is 2, dates and secrets are not values.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from components.errors import Problem
from components.settings.keys import Path, key_of

# Deeper than any setting, and far from the limits of the interpreter and of pydantic's JSON parser.
MAX_DEPTH = 32


class WrittenFloat(float):
    """A float that remembers how YAML wrote it, since 1.30 and 1.3 are one number but two versions."""

    text: str

    def __new__(cls, text: str, value: float) -> Self:
        number = super().__new__(cls, value)
        number.text = text
        return number


@dataclass(frozen=True)
class WrittenDate:
    """What YAML takes for a date, as written. No setting is one, so it is never made a date."""

    text: str


def decode(value: object) -> object:
    """Read a section that was written as JSON text; any other value stays as it is."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def key_text(key: object) -> str:
    """The text of a mapping's key, as the engine writes it."""
    if key is None:
        return "<nil>"
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, float):
        return repr(int(key) if key.is_integer() else float(key))
    return str(key).encode(errors="replace").decode()


@dataclass
class Plain:
    """The plain forms of values, and what was wrong with them.

    Attributes:
        problems: What in it is no plain value.
        refused: Where these are; nothing else need be said of them.
    """

    problems: list[Problem] = field(default_factory=list)
    refused: set[Path] = field(default_factory=set)

    def convert(self, value: object, path: Path) -> object:
        """Bring the value at `path` to its plain form; refused parts become None."""
        if len(path) > MAX_DEPTH:
            # Cut the key: it would be as long as the nesting is deep.
            return self._refuse(
                path[:3], "is nested too deeply", "no setting is", "check for an alias that contains itself"
            )
        if isinstance(value, Mapping):
            return self._mapping(value, path)
        if isinstance(value, list):
            return [self.convert(inner, (*path, index)) for index, inner in enumerate(value)]
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return self._number(value, path)
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, WrittenDate):
            return self._refuse(
                path,
                "is a date",
                "YAML reads it so without quotes",
                f'quote it: "{value.text}"',
                seen=value.text,
            )
        return self._refuse(
            path,
            "is not a plain value",
            "settings are text, numbers, booleans, lists and mappings",
            "remove the YAML tag",
        )

    def _mapping(self, value: Mapping[object, object], path: Path) -> object:
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            return self._refuse(
                path,
                "is a secret",
                "settings are printed and logged, so they hold none",
                "write it in plain text if it is not secret, else remove it",
            )
        return {key_text(name): self.convert(inner, (*path, key_text(name))) for name, inner in value.items()}

    def _number(self, value: float, path: Path) -> object:
        if not math.isfinite(value) or abs(value) >= 2**63:
            return self._refuse(
                path,
                "is not a number that fits",
                "numbers here are whole or decimal, of at most 64 bits",
                "write a smaller number",
            )
        return int(value) if value == int(value) else float(value)

    def _text(self, value: str, path: Path) -> object:
        # Lone surrogates and control characters cannot be written to a manifest, and confuse a terminal.
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", value):
            return self._refuse(
                path,
                "has control characters",
                "Kubernetes takes printable text only",
                "write it anew by hand",
            )
        return value

    def _refuse(self, path: Path, what: str, why: str, fix: str, seen: str | None = None) -> object:
        if path not in self.refused:
            self.refused.add(path)
            self.problems.append(Problem(what=what, why=why, fix=fix, key=key_of(path), seen=seen))
        return None
