"""Digits as a pen writes them, drawn into pictures of many styles: what the converter's tests convert."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

Point = tuple[float, float]
Colour = tuple[int, ...]


def _arc(centre: Point, radii: Point, start: float, end: float) -> list[Point]:
    """Points along an ellipse; angles in degrees, clockwise from three o'clock."""
    steps = [start + (end - start) * i / 24 for i in range(25)]
    return [
        (centre[0] + radii[0] * math.cos(math.radians(a)), centre[1] + radii[1] * math.sin(math.radians(a)))
        for a in steps
    ]


# In a unit square, x to the right, y down.
STROKES: dict[int, list[Sequence[Point]]] = {
    0: [_arc((0.5, 0.5), (0.28, 0.42), -90, 270)],
    1: [[(0.55, 0.08), (0.48, 0.92)]],
    2: [[*_arc((0.48, 0.3), (0.26, 0.22), -170, 40), (0.2, 0.9), (0.8, 0.88)]],
    3: [[*_arc((0.46, 0.28), (0.24, 0.2), -160, 90), *_arc((0.46, 0.7), (0.28, 0.22), -90, 150)]],
    4: [[(0.3, 0.08), (0.24, 0.55), (0.78, 0.52)], [(0.72, 0.1), (0.66, 0.92)]],
    5: [[(0.78, 0.1), (0.34, 0.1), (0.3, 0.46), *_arc((0.46, 0.66), (0.27, 0.24), -100, 150)]],
    6: [[(0.66, 0.06), (0.42, 0.3), (0.3, 0.62), *_arc((0.5, 0.7), (0.22, 0.2), 180, -180)]],
    7: [[(0.2, 0.14), (0.8, 0.12), (0.46, 0.92)]],
    8: [[*_arc((0.5, 0.28), (0.2, 0.19), 90, 450)], [*_arc((0.5, 0.7), (0.24, 0.22), -90, 270)]],
    9: [[*_arc((0.48, 0.3), (0.22, 0.22), 0, 360), (0.68, 0.34), (0.6, 0.92)]],
}


@dataclass(frozen=True)
class Style:
    """How a picture is made.

    Attributes:
        size: Width and height in pixels.
        side: Length of the digit's square, in pixels.
        at: Where its middle is, as shares of width and height.
        pen: Width of the stroke as a share of `side`.
        ink: Colour of the stroke.
        paper: Colour of the rest.
        mode: Pillow's mode of the picture.
        format: "PNG" or "JPEG".
    """

    size: tuple[int, int] = (200, 200)
    side: int = 150
    at: Point = (0.5, 0.5)
    pen: float = 0.1
    ink: Colour | int = (0, 0, 0)
    paper: Colour | int = (255, 255, 255)
    mode: str = "RGB"
    format: str = "PNG"


STYLES: dict[str, Style] = {
    "black on white": Style(),
    "white on black": Style(ink=(255, 255, 255), paper=(0, 0, 0)),
    "red on a yellow note": Style(ink=(170, 20, 50), paper=(235, 230, 150)),
    "pencil, hardly darker than its paper": Style(ink=(160, 160, 160), paper=(205, 205, 205)),
    "a coarse JPEG": Style(format="JPEG"),
    "small, in a corner of a wide page": Style(size=(900, 500), side=90, at=(0.12, 0.8)),
    "a photo of six megapixels": Style(size=(3000, 2000), side=1200, format="JPEG"),
    "a thin pen": Style(pen=0.02),
    "a fat marker": Style(pen=0.16),
    "as small as an icon": Style(size=(32, 32), side=24, pen=0.12),
    "white on nothing (transparent)": Style(ink=(255, 255, 255, 255), paper=(0, 0, 0, 0), mode="RGBA"),
    "black on nothing (transparent)": Style(ink=(0, 0, 0, 255), paper=(0, 0, 0, 0), mode="RGBA"),
    "grey levels only": Style(ink=0, paper=255, mode="L"),
    "touching the upper edge": Style(at=(0.5, 0.36)),
}


def picture(digit: int, style: Style) -> bytes:
    """A file with a digit in a style."""
    scale = 4 if max(style.size) <= 250 else 1  # smooth edges, as pens and cameras give them
    size = (style.size[0] * scale, style.size[1] * scale)
    page = Image.new(style.mode, size, style.paper)
    pen = ImageDraw.Draw(page)
    side, width = style.side * scale, max(1, round(style.pen * style.side * scale))
    left, top = (size[i] * style.at[i] - side / 2 for i in (0, 1))
    for stroke in STROKES[digit]:
        points = [(left + x * side, top + y * side) for x, y in stroke]
        pen.line(points, fill=style.ink, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=style.ink)
    file = io.BytesIO()
    page.resize(style.size, Image.Resampling.BOX).save(
        file, style.format, **({"quality": 25} if style.format == "JPEG" else {})
    )
    return file.getvalue()
