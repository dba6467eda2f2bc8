"""Numbers and lines as people read them."""

from __future__ import annotations

_MINUTE = 60.0
_TENTHS_BELOW = 10.0
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000.0


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < _TENTHS_BELOW:
        return f"{seconds:.1f} s"
    if round(seconds) < _MINUTE:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), int(_MINUTE))
    return f"{minutes} min {rest:02d} s"


def elapsed(seconds: float, expected: float | None) -> str:
    """`12 s of about 40 s`; without the second part where nobody knows it, or it is over."""
    if expected is None or expected < 1.0 or seconds > expected:
        return duration(seconds)
    return f"{duration(seconds)} of about {duration(expected)}"


def size(count: float) -> str:
    """Bytes in decimal units: `151 MB`."""
    for unit in _UNITS:
        if count < _THOUSAND or unit == _UNITS[-1]:
            return f"{count:.1f} {unit}" if unit != "B" and count < _TENTHS_BELOW else f"{count:.0f} {unit}"
        count /= _THOUSAND
    raise AssertionError("the last unit takes everything")


def shorten(text: str, width: int) -> str:
    """One line of at most `width` characters, cut at its end."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: max(width - 1, 0)]}…"
