"""What changes between the state and the program (S9, S12): pure, and pinned by the recorded diffs.

The live object, pruned to the shape of the old inputs, is compared with the new inputs. So what the server
or other controllers filled in never shows, and a drift shows once a refresh has read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from providers.kubernetes import forcenew, paths
from providers.kubernetes.objects import (
    AUTONAMED,
    FIELD_MANAGER,
    INITIAL_API_VERSION,
    INPUTS,
    Object,
    annotations_of,
    kind_of,
    metadata_of,
)
from providers.kubernetes.paths import Path
from providers.rpc import UNKNOWN

Change = Literal["ADD", "DELETE", "UPDATE"]


@dataclass(frozen=True)
class Difference:
    """The answer of a Diff.

    Attributes:
        changes: The kind of change by path, in the engine's spelling.
        replaces: The paths among them that force a replacement.
        delete_first: Whether the old object must go before the new one can come, as they share a name.
    """

    changes: dict[str, Change] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


def live_part(outputs: Object) -> Object:
    """The object as it was last seen: outputs without what the provider keeps for itself."""
    return {
        key: item for key, item in outputs.items() if key not in (INPUTS, INITIAL_API_VERSION, FIELD_MANAGER)
    }


def prune(value: Any, shape: Any) -> Any:
    """Cut `value` down to the keys and indices that `shape` has."""
    if isinstance(value, dict) and isinstance(shape, dict):
        return {key: prune(value[key], item) for key, item in shape.items() if key in value}
    if isinstance(value, list) and isinstance(shape, list):
        return [prune(item, part) for item, part in zip(value, shape, strict=False)]
    return value


def compare(
    live: Object,
    old_inputs: Object,
    news: Object,
    *,
    ignored: Sequence[str] = (),
    mutable: bool = False,
    patch: bool,
) -> Difference:
    """Compare the live object with new inputs; all plain, with dashed schema keys.

    Args:
        live: The object as last seen.
        old_inputs: The inputs it was made from.
        news: The inputs it shall have, with their namespace filled in; may contain unknowns.
        ignored: Paths that the program wants ignored; they may contain `[*]`.
        mutable: Whether the content of a ConfigMap or Secret may be changed in place.
        patch: Whether the resource is a Patch kind: only another object replaces it.
    """
    unwanted = [paths.parse(text) for text in ignored]
    found = {
        path: change
        for path, change in _changes(prune(live, old_inputs), news, ())
        if not any(paths.covers(pattern, path) for pattern in unwanted)
    }
    if patch:
        forced: Iterable[str] = forcenew.forced_paths("", "", mutable=False)
    else:
        mutable = mutable and live.get("immutable") is not True
        forced = forcenew.forced_paths(
            *kind_of(old_inputs if "kind" in old_inputs else news), mutable=mutable
        )
    patterns = [paths.parse(text) for text in forced]
    replaces = tuple(paths.show(path) for path in found if _is_forced(path, patterns, live, news))
    return Difference(
        {paths.show(path): change for path, change in found.items()},
        replaces,
        bool(replaces) and _shares_name(old_inputs, news),
    )


def _changes(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Change]]:
    if new is UNKNOWN:
        yield path, "UPDATE"
    elif isinstance(old, dict) and isinstance(new, dict):
        # A key that is null is none: an API server leaves it out, and it would be new in every preview.
        for key in [key for key in {**old, **new} if (old.get(key), new.get(key)) != (None, None)]:
            yield from _step(key, key in old, old.get(key), key in new, new.get(key), path)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            had, has = index < len(old), index < len(new)
            yield from _step(index, had, old[index] if had else None, has, new[index] if has else None, path)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, "UPDATE"


def _step(
    step: str | int, had: bool, old: Any, has: bool, new: Any, path: Path
) -> Iterator[tuple[Path, Change]]:
    if had and has:
        yield from _changes(old, new, (*path, step))
    else:
        yield (*path, step), "ADD" if has else "DELETE"


def _is_forced(path: Path, patterns: Iterable[Path], live: Object, news: Object) -> bool:
    """Whether a change lies below a forced path, or takes or brings one with it (a whole container)."""
    return any(
        paths.covers(pattern, path)
        or (paths.covers(path, _same_length(pattern, path)) and _holds(pattern, len(path), path, live, news))
        for pattern in patterns
    )


def _same_length(pattern: Path, path: Path) -> Path:
    return tuple(
        step if index >= len(path) or wanted != paths.ANY else path[index]
        for index, (wanted, step) in enumerate(zip(pattern, pattern, strict=True))
    )


def _holds(pattern: Path, depth: int, path: Path, live: Object, news: Object) -> bool:
    return any(_exists(_at(root, path), pattern[depth:]) for root in (live, news))


def _at(root: Any, path: Path) -> Any:
    for step in path:
        if isinstance(root, dict):
            root = root.get(step)
        elif isinstance(root, list) and isinstance(step, int) and step < len(root):
            root = root[step]
        else:
            return None
    return root


def _exists(value: Any, rest: Path) -> bool:
    if not rest:
        return value is not None
    if rest[0] == paths.ANY:
        return isinstance(value, list) and any(_exists(item, rest[1:]) for item in value)
    return isinstance(value, dict) and rest[0] in value and _exists(value[rest[0]], rest[1:])


def _shares_name(old: Object, new: Object) -> bool:
    before, after = metadata_of(old), metadata_of(new)
    if annotations_of(new).get(AUTONAMED) == "true":
        return False
    return all(before.get(key) == after.get(key) for key in ("name", "namespace"))
