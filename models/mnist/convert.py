"""Turns any picture of a digit into what MNIST looks like, and into the requests of KServe's protocols.

MNIST's digits are light on dark, scaled to fit 20x20 pixels with their proportions kept, and laid into
28x28 so that their centre of mass is in the middle. A network that learned from such pictures recognises
only such, so a photo or a drawing is brought into that form first.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat, UnidentifiedImageError

from components.errors import PlatformError

SIDE = 28
_BOX = 20
_WORKING_SIDE = 512
_LARGEST_PIXELS = 100_000_000
_FAINTEST_INK = 24  # of 255: below, paper and ink cannot be told apart
_THINNEST_STROKE = 12  # one part in so many of the digit's longer side; MNIST's strokes are about a ninth


def convert(source: Path | bytes) -> Image.Image:
    """Bring a picture of a digit to MNIST's form.

    Args:
        source: A PNG or JPEG, as a path or as its bytes: of any size and colour, dark on light or light on
            dark,
            off centre, rotated by its EXIF tag, with an alpha channel or without.

    Returns:
        28x28, mode L, ink light on 0.

    Raises:
        PlatformError: It is no such file, or shows nothing but one colour.
    """
    name = str(source) if isinstance(source, Path) else "the picture"
    try:
        with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as image:
            if image.format not in {"PNG", "JPEG"}:
                raise _refused(name, f"it is {image.format}", "Save it as PNG or JPEG.")
            if image.width * image.height > _LARGEST_PIXELS:
                raise _refused(name, f"it has {image.width}x{image.height} pixels", "Scale it down first.")
            image.draft("L", (2 * _WORKING_SIDE, 2 * _WORKING_SIDE))
            grey = _grey(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise _refused(name, "there is no such file", "Check the path.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        raise _refused(name, "it cannot be read as a picture", "Give a PNG or JPEG.") from None
    grey.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    return _lay_out(_ink(grey, name))


def v1_request(images: Sequence[Image.Image]) -> dict[str, Any]:
    """The v1 request that asks for pictures, each as base64 of a PNG."""
    return {"instances": [{"data": _base64(image)} for image in images]}


def v2_request(images: Sequence[Image.Image]) -> dict[str, Any]:
    """The v2 request that asks for pictures: one tensor of their pixels, n x 28 x 28, from 0 to 1."""
    pixels = [round(value / 255, 4) for image in images for value in image.tobytes()]
    tensor = {"name": "input-0", "shape": [len(images), SIDE, SIDE], "datatype": "FP32", "data": pixels}
    return {"inputs": [tensor]}


def _grey(image: Image.Image) -> Image.Image:
    """Grey levels; what is transparent becomes the paper that the visible part stands out from."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    layers = image.convert("RGBA")
    alpha = layers.getchannel("A")
    visible = layers.convert("L")
    light = ImageStat.Stat(visible, alpha.point(lambda value: 255 if value > 127 else 0)).mean[0] > 127
    paper = Image.new("L", layers.size, 0 if light else 255)
    paper.paste(visible, mask=alpha)
    return paper


def _ink(grey: Image.Image, name: str) -> Image.Image:
    """How much each pixel differs from the paper, 0 to 255; the paper is what most of the border shows."""
    paper = _border_level(grey)
    distance = ImageChops.difference(grey, Image.new("L", grey.size, paper))
    strongest = distance.getextrema()[1]
    assert isinstance(strongest, int)
    if strongest < _FAINTEST_INK:
        raise _refused(
            name, "it shows nothing but one colour", "Give a digit that stands out from its paper."
        )
    # A quarter of the strongest contrast still counts as paper: shadows, folds, JPEG's ringing.
    floor = max(strongest // 4, _FAINTEST_INK // 2)
    return distance.point(lambda value: min(255, max(0, value - floor) * 255 // (strongest - floor)))


def _border_level(grey: Image.Image) -> int:
    """The median of the outermost pixels."""
    width, height = grey.size
    rows = [grey.crop((0, 0, width, 1)), grey.crop((0, height - 1, width, height))]
    columns = [grey.crop((0, 0, 1, height)), grey.crop((width - 1, 0, width, height))]
    levels = sorted(b"".join(part.tobytes() for part in (*rows, *columns)))
    return levels[len(levels) // 2]


def _lay_out(ink: Image.Image) -> Image.Image:
    """Crop to the digit, scale it into 20x20 and lay it into 28x28 by its centre of mass."""
    box = ink.point(lambda value: 255 if value > 96 else 0).getbbox() or (0, 0, *ink.size)
    digit = _thicken(ink.crop(box))
    scale = _BOX / max(digit.size)
    size = (max(1, round(digit.width * scale)), max(1, round(digit.height * scale)))
    small = digit.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    small = ImageOps.autocontrast(small) if small.getextrema()[1] else small
    left, top = (round(SIDE / 2 - centre - 0.5) for centre in _centre_of_mass(small))
    page = Image.new("L", (SIDE, SIDE), 0)
    page.paste(small, (min(max(left, 0), SIDE - small.width), min(max(top, 0), SIDE - small.height)))
    return page


def _thicken(digit: Image.Image) -> Image.Image:
    """Widen strokes that would fade away when the digit is scaled to 20 pixels.

    A stroke of width w and length l covers w*l pixels and has an edge of 2*l: their ratio gives w.
    """
    mask = digit.point(lambda value: 255 if value > 96 else 0)
    edge = ImageChops.difference(mask, mask.filter(ImageFilter.MinFilter(3)))
    area, rim = (sum(part.histogram()[128:]) for part in (mask, edge))
    width = 2 * area / max(rim, 1)
    missing = round(max(digit.size) / _THINNEST_STROKE - width)
    if missing < 1:
        return digit
    padded = ImageOps.expand(digit, border=missing, fill=0)
    return padded.filter(ImageFilter.MaxFilter(missing // 2 * 2 + 1))


def _centre_of_mass(image: Image.Image) -> tuple[float, float]:
    """Where the ink balances, in pixels from the left and from the top."""
    levels = image.tobytes()
    total = sum(levels) or 1
    across = sum(value * (at % image.width) for at, value in enumerate(levels)) / total
    down = sum(value * (at // image.width) for at, value in enumerate(levels)) / total
    return across, down


def _base64(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def _refused(name: str, why: str, fix: str) -> PlatformError:
    return PlatformError.single("this is no picture of a digit", seen=name, why=why, fix=fix)
