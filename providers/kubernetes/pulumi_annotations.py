"""The pulumi.com annotations of an object: what is wrong with them, told in preview. Pure.

Fact: provider/pkg/metadata/annotations.go and overrides.go of pulumi-kubernetes; the official provider takes
a value that it does not know for none, without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from providers.kubernetes.objects import (
    AUTONAMED,
    DELETION_PROPAGATION,
    PATCH_FIELD_MANAGER,
    PATCH_FORCE,
    REPLACE_UNREADY,
    SKIP_AWAIT,
    TIMEOUT_SECONDS,
    WAIT_FOR,
    Object,
    annotations_of,
)

_PREFIX: Final = "pulumi.com/"
_FLAGS: Final = (SKIP_AWAIT, PATCH_FORCE, REPLACE_UNREADY)
_POLICIES: Final = ("foreground", "background", "orphan")
KNOWN: Final = (*_FLAGS, AUTONAMED, DELETION_PROPAGATION, PATCH_FIELD_MANAGER, TIMEOUT_SECONDS, WAIT_FOR)


def warnings(obj: Object) -> list[str]:
    """Return what to say of an object's annotations that will not do what they seem to."""
    found = {key: value for key, value in annotations_of(obj).items() if isinstance(value, (str, bool, int))}
    return list(_warnings(found))


def _warnings(found: dict[str, Any]) -> Iterator[str]:
    for key in sorted(found):
        if key.startswith(_PREFIX) and key not in KNOWN:
            import difflib  # milliseconds that hardly anybody needs

            meant = difflib.get_close_matches(key, KNOWN, 1, 0.8)
            if meant:
                yield f"the annotation {key} is unknown and has no effect: was {meant[0]} meant?"
    for key in _FLAGS:
        if key in found and str(found[key]).lower() not in {"true", "false"}:
            yield f'the annotation {key} is {str(found[key])!r}: only "true" has an effect'
    policy = str(found.get(DELETION_PROPAGATION, _POLICIES[0]))
    if policy.lower() not in _POLICIES:
        yield (
            f"the annotation {DELETION_PROPAGATION} is {policy!r}, none of {', '.join(_POLICIES)}: "
            f"{_POLICIES[0]} is used"
        )
    seconds = found.get(TIMEOUT_SECONDS)
    if seconds is not None and not str(seconds).replace(".", "", 1).isdigit():
        yield f"{TIMEOUT_SECONDS} is {seconds!r}, not a number of seconds: 600 are used"
