"""A digit drawn by this project, so that a prediction needs no file: a pen's way, inked as MNIST inks.

MNIST's digits lie in a box of 20 by 20 pixels, drawn with a soft pen about two and a half pixels wide.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
import struct
import zlib
from collections.abc import Sequence

from command.prove import Sample
from machine.cache import Cache

SIDE = 28
INK = 255
_PEN = 0.9
_SOFT = 1.0
_TWO = (
    *((14 + 5.2 * math.cos(math.radians(angle)), 9.5 - 5.2 * math.sin(math.radians(angle)))
      for angle in range(165, -50, -12)),
    (15.2, 15.6), (12.2, 18.4), (9.2, 21.0), (8.6, 21.8),
    (11.0, 21.4), (14.5, 21.6), (17.5, 22.0), (20.5, 21.6),
)  # fmt: skip

Point = tuple[float, float]


def choose_sample(cache: Cache) -> Sample:
    """The held-out digit of the newest model that was trained here, else one drawn by this project."""
    trained = sorted(
        cache.path("models", "mnist").glob("*/metrics.json"), key=lambda file: file.stat().st_mtime
    )
    if not trained:
        return drawn_sample()
    from command.digits import held_out_sample

    return held_out_sample(trained[-1].parent)


def drawn_sample() -> Sample:
    """A two."""
    return sample_of(2, ink(_TWO))


def sample_of(digit: int, pixels: Sequence[Sequence[int]]) -> Sample:
    """Requests for a picture whose digit is known: v1 as a PNG, as the seeds send it; v2 as a tensor."""
    tensor = {
        "name": "input",
        "shape": [1, len(pixels), len(pixels[0])],
        "datatype": "UINT8",
        "data": [value for row in pixels for value in row],
    }
    v1 = {"instances": [{"data": base64.b64encode(png(pixels)).decode()}]}
    return Sample(digit, pixels, json.dumps(v1), json.dumps({"id": "sample", "inputs": [tensor]}))


def ink(way: Sequence[Point]) -> list[list[int]]:
    """Draw a pen's way: full ink on it, less towards its edge."""
    segments = list(itertools.pairwise(way))
    rows = range(SIDE)
    return [[_shade(min(_distance((x, y), *one) for one in segments)) for x in rows] for y in rows]


def _shade(distance: float) -> int:
    return round(INK * min(max((_PEN + _SOFT - distance) / _SOFT, 0.0), 1.0))


def _distance(point: Point, start: Point, end: Point) -> float:
    """From a point to a line between two points."""
    along = (end[0] - start[0], end[1] - start[1])
    length = along[0] ** 2 + along[1] ** 2
    part = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / length if length else 0.0
    part = min(max(part, 0.0), 1.0)
    return math.dist(point, (start[0] + part * along[0], start[1] + part * along[1]))


def png(pixels: Sequence[Sequence[int]]) -> bytes:
    """A grey PNG of 8 bits: header, one block of rows without filters, end (PNG specification)."""
    header = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(row) for row in pixels)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
