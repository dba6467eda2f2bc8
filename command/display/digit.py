"""A small grey picture drawn with characters: two rows of pixels in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

_INK = 96
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def draw(pixels: Sequence[Sequence[int]], *, margin: int = 4) -> list[str]:
    """Draw white ink on black paper, empty borders cut off.

    Args:
        pixels: Rows of values 0 (paper) to 255 (ink).
        margin: Blanks before each line.
    """
    ink = [[value >= _INK for value in row] for row in pixels]
    rows = [index for index, row in enumerate(ink) if any(row)]
    if not rows:
        return []
    columns = [index for index in range(len(ink[0])) if any(row[index] for row in ink)]
    cut = [row[columns[0] : columns[-1] + 1] for row in ink[rows[0] : rows[-1] + 1]]
    if len(cut) % 2:
        cut.append([False] * len(cut[0]))
    pairs = zip(cut[::2], cut[1::2], strict=True)
    lines = ("".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs)
    return [f"{' ' * margin}{line.rstrip()}" for line in lines]
