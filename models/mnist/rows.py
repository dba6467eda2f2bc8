"""Reads one row of a request: an image file or pixels, as one or more 28x28 images.

The handler carries this file into the model archive, where it is imported as `mnist_rows`. It needs Pillow
only.
"""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

from PIL import Image, UnidentifiedImageError

SIDE = 28
_PIXELS = SIDE * SIDE

Pixels = list[float]
"""784 values from 0 (paper) to 1 (ink), row by row."""


class RowRefused(ValueError):
    """A row is no digit; the message says what it is and what it should be."""


def read_row(row: Any) -> list[Pixels]:
    """The images of a row.

    Args:
        row: As TorchServe's envelopes give it: an object with "data" (v1 and v2) or "body" (a plain body),
            or the value itself. The value is a PNG or JPEG file (bytes, or base64 text), or pixels: a list
            of 784, or nested lists of 28x28, 1x28x28, nx28x28 or nx1x28x28. Pixels are 0 to 1, or 0 to 255
            if one is above 1.

    Raises:
        RowRefused: It is none of these.
    """
    value = row
    if isinstance(row, dict):
        value = row.get("data") if row.get("data") is not None else row.get("body")
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise RowRefused("the data is text, but not the base64 of an image") from None
    if isinstance(value, bytes | bytearray):
        return [_from_file(bytes(value))]
    if isinstance(value, list):
        return _from_lists(value)
    raise RowRefused(f'a row needs "data": base64 of a {SIDE}x{SIDE} PNG or JPEG, or its pixels')


def _from_file(content: bytes) -> Pixels:
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        if image.size != (SIDE, SIDE):  # before the pixels are decoded: a bomb costs nothing
            raise RowRefused(
                f"the image is {image.width}x{image.height} pixels, not {SIDE}x{SIDE}: convert it first"
            )
        return [value / 255 for value in image.convert("L").tobytes()]
    except (UnidentifiedImageError, OSError, SyntaxError):
        raise RowRefused("the data is not an image that can be read (PNG or JPEG)") from None


def _from_lists(value: list[Any]) -> list[Pixels]:
    shape, flat = _unfold(value)
    fits = shape[-2:] == [SIDE, SIDE] and (len(shape) <= 3 or (len(shape) == 4 and shape[1] == 1))
    if not (fits or shape == [_PIXELS]):
        told = "x".join(map(str, shape))
        raise RowRefused(
            f"the data has shape {told}, not {SIDE}x{SIDE}, nx{SIDE}x{SIDE} or nx1x{SIDE}x{SIDE}"
        )
    scale = 255 if max(flat) > 1 else 1
    levels = [number / scale for number in flat]
    return [levels[at : at + _PIXELS] for at in range(0, len(levels), _PIXELS)]


def _unfold(value: Any) -> tuple[list[int], list[float]]:
    """The shape and the leaves of nested lists."""
    if not isinstance(value, list):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RowRefused("the data holds a value that is not a number")
        return [], [float(value)]
    parts = [_unfold(item) for item in value]
    if not parts or any(part[0] != parts[0][0] for part in parts):
        raise RowRefused("the data's lists are empty or of different lengths")
    return [len(parts), *parts[0][0]], [leaf for part in parts for leaf in part[1]]
