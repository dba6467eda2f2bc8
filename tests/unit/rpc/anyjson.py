"""Any JSON out of one number: twenty times as fast as composing strategies, and as reproducible."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

_TEXTS = ("", "a", "é", "☃", "\x00", "a.b", '"', "[0]", "yes", "0", "x" * 40)
_KEYS = ("a", "b", "c", "", "a.b", "d/e", 'q"r', "x[0]", "é")
_NUMBERS = (0, 1, -1, 2**53, -(2**53), 0.5, -1.5, 1e300, 3)


def any_object(seed: int, marks: Callable[[Random, Any], Any] | None = None) -> dict[str, Any]:
    """Return an object; `marks` may put a mark around any of its values."""
    random = Random(seed)
    return {key: _value(random, 4, marks) for key in _some(random)}


def _some(random: Random) -> list[str]:
    return random.sample(_KEYS, random.randrange(5))


def _value(random: Random, depth: int, marks: Callable[[Random, Any], Any] | None) -> Any:
    value = _plain(random, depth, marks)
    return value if marks is None else marks(random, value)


def _plain(random: Random, depth: int, marks: Callable[[Random, Any], Any] | None) -> Any:
    choice = random.randrange(7 if depth else 5)
    if choice == 5:
        return {key: _value(random, depth - 1, marks) for key in _some(random)}
    if choice == 6:
        return [_value(random, depth - 1, marks) for _ in range(random.randrange(4))]
    return (random.choice(_TEXTS), random.choice(_NUMBERS), True, False, None)[choice]
