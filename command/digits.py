"""Digits for people: real ones from the model, any picture as a request, and drawing them in a terminal.

A picture is rows of values, 0 (paper) to 255 (ink), as in `command.prove.Sample`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from command.prove import Sample
from components.errors import PlatformError
from models.mnist import convert

Pixels = Sequence[Sequence[int]]
Style = Literal["colour", "grey", "blocks", "letters"]

_RAMP = " .:-=+*#%@"
_GREYS = (*range(232, 256), 231)  # the grey ramp of the 256-colour palette, and its white
_HALF = 96
_RESET = "\x1b[0m"
_BLOCKS = " ▄▀█"


@dataclass(frozen=True)
class Question:
    """A picture of a digit, ready to be sent.

    Attributes:
        pixels: What the model gets to see.
        v1: Body of a v1 request.
        v2: Body of a v2 request.
    """

    pixels: Pixels
    v1: str
    v2: str


def question(picture: Path) -> Question:
    """Bring a PNG or JPEG of a digit, of any size, colour and place, into the form that the model knows.

    Raises:
        PlatformError: It is no such file, or there is no digit to be seen.
    """
    image = convert.convert(picture)
    v1, v2 = (json.dumps(request([image])) for request in (convert.v1_request, convert.v2_request))
    return Question(_rows(image), v1, v2)


def held_out_sample(model: Path) -> Sample:
    """The digit that was stored with the model: a real one, which training never saw.

    Args:
        model: The model's folder in the cache.

    Raises:
        PlatformError: The folder holds no sample.
    """
    try:
        label = json.loads((model / "metrics.json").read_text(encoding="utf-8"))["sample_label"]
        with Image.open(model / "sample.png") as image:
            pixels = _rows(image.convert("L"))
        v1, v2 = ((model / name).read_text(encoding="utf-8") for name in ("mnist.json", "mnist-v2.json"))
    except (OSError, ValueError, KeyError):
        raise PlatformError.single(
            "the model's sample digit is missing",
            seen=str(model),
            why="It is written when the model is trained.",
            fix="Remove the folder and run the command again.",
        ) from None
    return Sample(label, pixels, v1, v2)


def style_of(environment: Mapping[str, str], *, terminal: bool, encoding: str) -> Style:
    """How to draw: as fine as the terminal shows it, and plainly where the text goes to a file.

    Args:
        environment: NO_COLOR, COLORTERM and TERM are looked at.
        terminal: Whether the output is one.
        encoding: The output's; half blocks need a Unicode one.
    """
    if "utf" not in encoding.lower():
        return "letters"
    if not terminal or environment.get("NO_COLOR") or environment.get("TERM") in {None, "", "dumb"}:
        return "blocks"
    if environment.get("COLORTERM") in {"truecolor", "24bit"}:
        return "colour"
    return "grey" if "256color" in environment["TERM"] else "blocks"


def draw(pixels: Pixels, style: Style) -> list[str]:
    """Draw a picture, two of its rows in one line, light ink on dark paper."""
    rows = [list(row) for row in pixels]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    pairs = [list(zip(upper, lower, strict=True)) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]
    if style == "letters":
        return ["".join(_letter((above + below) // 2) for above, below in line).rstrip() for line in pairs]
    if style == "blocks":
        return ["".join(_block(above, below) for above, below in line).rstrip() for line in pairs]
    shade = _true_shade if style == "colour" else _palette_shade
    return ["".join(f"{shade(38, a)}{shade(48, b)}▀" for a, b in line) + _RESET for line in pairs]


def _rows(image: Image.Image) -> Pixels:
    levels = image.tobytes()
    return [list(levels[at : at + image.width]) for at in range(0, len(levels), image.width)]


def _letter(level: int) -> str:
    return _RAMP[level * (len(_RAMP) - 1) // 255]


def _block(above: int, below: int) -> str:
    return _BLOCKS[2 * (above >= _HALF) + (below >= _HALF)]


def _true_shade(ground: int, level: int) -> str:
    return f"\x1b[{ground};2;{level};{level};{level}m"


def _palette_shade(ground: int, level: int) -> str:
    return f"\x1b[{ground};5;{_GREYS[level * (len(_GREYS) - 1) // 255]}m"
