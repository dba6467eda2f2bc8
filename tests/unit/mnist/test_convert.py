"""Pictures of digits of many styles, brought to the one form that the model knows."""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from components.errors import PlatformError
from models.mnist import convert
from models.mnist.rows import read_row
from tests.unit.mnist.pen import STYLES, Style, picture


def ink_box(image: Image.Image) -> tuple[int, int, int, int]:
    box = image.point(lambda value: 255 if value > 64 else 0).getbbox()
    assert box is not None
    return box


def centre(image: Image.Image) -> tuple[float, float]:
    levels = image.tobytes()
    total = sum(levels)
    return (
        sum(value * (at % 28) for at, value in enumerate(levels)) / total,
        sum(value * (at // 28) for at, value in enumerate(levels)) / total,
    )


@cache
def plain(digit: int) -> Image.Image:
    return convert.convert(picture(digit, Style()))


def overlap(one: Image.Image, other: Image.Image) -> float:
    """How much of the ink two pictures share, 0 to 1."""
    pairs = list(zip(one.tobytes(), other.tobytes(), strict=True))
    return sum(min(pair) for pair in pairs) / sum(max(pair) for pair in pairs)


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("style", STYLES)
def test_every_style_becomes_what_mnist_looks_like(style: str, digit: int) -> None:
    image = convert.convert(picture(digit, STYLES[style]))
    left, top, right, bottom = ink_box(image)
    assert (image.size, image.mode) == ((28, 28), "L")
    assert image.getpixel((0, 0)) == 0
    assert max(image.tobytes()) > 200
    assert 17 <= max(right - left, bottom - top) <= 21
    assert all(abs(middle - 13.5) < 1.6 for middle in centre(image))
    assert overlap(image, plain(digit)) > 0.45


def test_the_proportions_of_a_digit_are_kept() -> None:
    left, top, right, bottom = ink_box(plain(1))
    assert right - left < (bottom - top) / 2


def test_a_photo_is_turned_as_its_camera_says() -> None:
    upright = Image.open(io.BytesIO(picture(7, Style(format="JPEG"))))
    tag = Image.Exif()
    tag[0x0112] = 6  # orientation: show it turned by 90 degrees clockwise
    turned = io.BytesIO()
    upright.rotate(90, expand=True).save(turned, "JPEG", exif=tag)
    assert overlap(convert.convert(turned.getvalue()), plain(7)) > 0.8


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    content = picture(3, Style())
    (tmp_path / "three.png").write_bytes(content)
    assert convert.convert(tmp_path / "three.png").tobytes() == convert.convert(content).tobytes()


def test_the_v1_request_holds_what_the_handler_reads() -> None:
    image = plain(5)
    request = convert.v1_request([image, image])
    assert len(request["instances"]) == 2
    assert [read_row(row) for row in request["instances"]] == [[[v / 255 for v in image.tobytes()]]] * 2
    assert base64.b64decode(request["instances"][0]["data"]).startswith(b"\x89PNG")


def test_the_v2_request_is_one_tensor_of_pixels() -> None:
    image = plain(5)
    (tensor,) = convert.v2_request([image, image])["inputs"]
    assert (tensor["datatype"], tensor["shape"]) == ("FP32", [2, 28, 28])
    assert tensor["data"][:784] == pytest.approx([v / 255 for v in image.tobytes()], abs=1e-4)


def refusal(source: Path | bytes) -> str:
    with pytest.raises(PlatformError) as caught:
        convert.convert(source)
    return str(caught.value)


def told(seen: object, why: str, fix: str) -> str:
    return f"this is no picture of a digit\n  seen: {seen}\n  why:  {why}\n  do:   {fix}"


def test_a_picture_of_one_colour_is_refused() -> None:
    blank = io.BytesIO()
    Image.new("RGB", (50, 50), (250, 250, 250)).save(blank, "PNG")
    assert refusal(blank.getvalue()) == told(
        "the picture", "it shows nothing but one colour", "Give a digit that stands out from its paper."
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.png"
    assert refusal(path) == told(path, "there is no such file", "Check the path.")


@pytest.mark.parametrize("content", [b"", b"hello", picture(2, Style())[:100]])
def test_a_file_that_is_no_picture_is_told(content: bytes) -> None:
    assert refusal(content) == told("the picture", "it cannot be read as a picture", "Give a PNG or JPEG.")


def test_another_format_is_told_by_its_name() -> None:
    content = io.BytesIO()
    Image.new("L", (28, 28)).save(content, "GIF")
    assert refusal(content.getvalue()) == told("the picture", "it is GIF", "Save it as PNG or JPEG.")


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(convert, "_LARGEST_PIXELS", 1000)
    assert refusal(picture(2, Style(size=(200, 100), side=80))) == told(
        "the picture", "it has 200x100 pixels", "Scale it down first."
    )
