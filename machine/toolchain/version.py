"""Versions as tools print them, and the range of them that fits."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(-[0-9A-Za-z.\-]+)?(\+[0-9A-Za-z.\-]+)?\Z")


@dataclass(frozen=True, order=True)
class Version:
    """Major, minor and patch number of a release."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str) -> Version | None:
    """Read a release's version, with or without a leading v; build metadata (`+k3s1`) is left out.

    Returns:
        None for anything else. A suffix after a hyphen is something else: a pre-release, or a wrapper that
        dispatches to versions of its own choice (a cloud vendor's kubectl says `v1.32.4-dispatcher`).
    """
    found = _VERSION.match(text.strip())
    if found is None or found.group(4):
        return None
    return Version(int(found.group(1)), int(found.group(2)), int(found.group(3) or 0))


@dataclass(frozen=True)
class Range:
    """Versions from `least`, included, up to `below`, excluded; no `below` is no upper end."""

    least: Version
    below: Version | None = None

    def __contains__(self, version: Version) -> bool:
        return self.least <= version and (self.below is None or version < self.below)

    def __str__(self) -> str:
        return f">={self.least}" + (f", <{self.below}" if self.below else "")


def version_range(least: str, below: str = "") -> Range:
    """Build a range of two versions as written in the table of tools.

    Raises:
        ValueError: One of them is not a release's version.
    """
    first, last = parse_version(least), parse_version(below) if below else None
    if first is None or (below and last is None):
        raise ValueError(f"not a version: {least!r} or {below!r}")
    return Range(first, last)
