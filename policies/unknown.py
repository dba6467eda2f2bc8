"""Values that a preview does not know yet. A rule has to say what it does with them: they have no truth.

In Pulumi's own pack machinery touching such a value ends the whole policy, with all that it had left to say.
Here it is an ordinary value, which refuses to be compared, counted or taken for true or false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn


class UnknownUsed(Exception):
    """A rule decided on a value that is not known. The frame turns it into a finding: it is never a pass."""


class Unknown:
    """The type of `UNKNOWN`."""

    def _refuse(self, *_: object) -> NoReturn:
        raise UnknownUsed("a value that is not known before `up` was used in a decision")

    def __eq__(self, other: object) -> bool:
        return True if other is self else self._refuse()

    def __hash__(self) -> int:
        return id(self)

    def __deepcopy__(self, _: object) -> Unknown:
        return self  # a second one would be known, by `is`: a remedy that copies properties made them so

    def __repr__(self) -> str:
        return "(not known before up)"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # copy, pickle and the like only ask what there is
            raise AttributeError(name)
        self._refuse()

    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __int__ = __float__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mul__ = __rmul__ = (
        _refuse
    )


UNKNOWN = Unknown()
"""Stands for a value that is known only after something was created."""


def known(value: object) -> bool:
    """Whether a value is known. Parts of a mapping or list may still be unknown: see `wholly_known`."""
    return value is not UNKNOWN


def wholly_known(value: object) -> bool:
    """Whether a value is known in all its parts."""
    return next(unknown_paths(value), None) is None


def get(value: Any, *path: str | int) -> Any:
    """The value below a path of keys and indexes.

    Returns:
        None where the path leads nowhere; UNKNOWN where something on the way is unknown.
    """
    for key in path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(key, int):
            value = value[key] if isinstance(value, Sequence) and -len(value) <= key < len(value) else None
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value


def entries(value: Any, *path: str | int) -> list[Any]:
    """The entries of the list below a path; none where it is absent or unknown (ask `get` first)."""
    found = get(value, *path)
    return list(found) if known(found) and isinstance(found, list | tuple) else []


def unknown_paths(value: object, above: str = "") -> Iterator[str]:
    """Where in a value something is unknown, as keys: `spec.containers[0].image`."""
    if value is UNKNOWN:
        yield above
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from unknown_paths(inner, f"{above}.{key}" if above else str(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from unknown_paths(inner, f"{above}[{index}]")
