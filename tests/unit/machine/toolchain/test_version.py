"""Versions as tools print them."""

from __future__ import annotations

import pytest

from machine.toolchain.version import Version, parse_version, version_range


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1.34.4", Version(1, 34, 4)),
        ("3.250.0", Version(3, 250, 0)),
        ("1.26", Version(1, 26, 0)),
        ("v1.34.1+k3s1", Version(1, 34, 1)),
        ("v3.19.0+g3d8990f", Version(3, 19, 0)),
        (" v0.30.0\n", Version(0, 30, 0)),
    ],
)
def test_releases_are_read(text: str, expected: Version) -> None:
    assert parse_version(text) == expected


@pytest.mark.parametrize(
    "text", ["", "devel", "v1.32.4-dispatcher", "1.27rc1", "v1.35.0-alpha.1", "(devel)", "1", "v1.34.4 extra"]
)
def test_anything_else_is_no_release(text: str) -> None:
    assert parse_version(text) is None


def test_a_range_includes_its_least_and_excludes_its_end() -> None:
    fits = version_range("1.33", "1.36")
    assert str(fits) == ">=1.33.0, <1.36.0"
    assert Version(1, 33, 0) in fits
    assert Version(1, 35, 9) in fits
    assert Version(1, 36, 0) not in fits
    assert Version(1, 32, 9) not in fits


def test_a_range_may_have_no_end() -> None:
    fits = version_range("1.25.11")
    assert str(fits) == ">=1.25.11"
    assert Version(2, 0, 0) in fits


@pytest.mark.parametrize(("least", "below"), [("1", ""), ("1.2", "4"), ("x", "1.2")])
def test_a_range_of_what_is_no_version_is_a_fault(least: str, below: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        version_range(least, below)
