"""Rows of a request, as TorchServe's envelopes hand them to the handler."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from models.mnist.rows import RowRefused, read_row

RAMP = [i % 256 for i in range(784)]
SHARES = [level / 255 for level in RAMP]


def file(kind: str = "PNG", size: tuple[int, int] = (28, 28)) -> bytes:
    image = Image.new("L", size)
    if size == (28, 28):
        image.putdata(RAMP)
    made = io.BytesIO()
    image.save(made, kind)
    return made.getvalue()


def rows_of(flat: list[Any], side: int = 28) -> list[list[Any]]:
    return [flat[at : at + side] for at in range(0, len(flat), side)]


TEXT = base64.b64encode(file()).decode()


@pytest.mark.parametrize(
    "row", [{"data": TEXT}, {"body": TEXT}, {"data": file()}, TEXT, file(), bytearray(file())],
    ids=["v1", "plain body", "bytes", "bare text", "bare bytes", "bytearray"],
)  # fmt: skip
def test_an_image_file_is_read_wherever_it_is(row: Any) -> None:
    assert read_row(row) == [SHARES]


def test_a_jpeg_is_read() -> None:
    (pixels,) = read_row({"data": file("JPEG")})
    assert max(abs(a - b) for a, b in zip(pixels, SHARES, strict=True)) < 0.5
    assert len(pixels) == 784


@pytest.mark.parametrize(
    "data",
    [SHARES, rows_of(SHARES), [rows_of(SHARES)], [[rows_of(SHARES)]], RAMP, rows_of(RAMP)],
    ids=["784", "28x28", "1x28x28", "1x1x28x28", "784 levels", "28x28 levels"],
)
def test_pixels_are_read_in_every_shape_and_scale(data: Any) -> None:
    assert read_row({"data": data}) == [pytest.approx(SHARES)]


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one]], ids=["nx28x28", "nx1x28x28"])
def test_a_row_may_hold_several_images(wrap: Any) -> None:
    blank = [0.0] * 784
    assert read_row({"data": [wrap(rows_of(blank)), wrap(rows_of(SHARES))]}) == [blank, pytest.approx(SHARES)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, 'a row needs "data": base64 of a 28x28 PNG or JPEG, or its pixels'),
        ({"data": 7}, 'a row needs "data": base64 of a 28x28 PNG or JPEG, or its pixels'),
        (None, 'a row needs "data": base64 of a 28x28 PNG or JPEG, or its pixels'),
        ({"data": "not base64!"}, "the data is text, but not the base64 of an image"),
        ({"data": "aGVsbG8="}, "the data is not an image that can be read (PNG or JPEG)"),
        ({"data": file()[:60]}, "the data is not an image that can be read (PNG or JPEG)"),
        ({"data": file("GIF")}, "the data is not an image that can be read (PNG or JPEG)"),
        ({"data": file(size=(60, 40))}, "the image is 60x40 pixels, not 28x28: convert it first"),
        ({"data": [1, 2]}, "the data has shape 2, not 28x28, nx28x28 or nx1x28x28"),
        ({"data": [[0.0] * 28] * 27}, "the data has shape 27x28, not 28x28, nx28x28 or nx1x28x28"),
        (
            {"data": [[[[0.0] * 28] * 28] * 3]},
            "the data has shape 1x3x28x28, not 28x28, nx28x28 or nx1x28x28",
        ),
        ({"data": []}, "the data's lists are empty or of different lengths"),
        ({"data": [[1, 2], [3]]}, "the data's lists are empty or of different lengths"),
        ({"data": [["a"] * 28] * 28}, "the data holds a value that is not a number"),
        ({"data": [True] * 784}, "the data holds a value that is not a number"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_no_digit_is_refused(row: Any, message: str) -> None:
    with pytest.raises(RowRefused) as caught:
        read_row(row)
    assert str(caught.value) == message
