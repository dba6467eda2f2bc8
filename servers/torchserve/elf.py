"""Strike libraries from the list that an ELF file asks the dynamic loader for.

Debian links libtorch_cpu against OpenCV, FFmpeg, GDAL, Qt and 150 more libraries of which it calls nothing. A
linker run with `--as-needed` would have left them out; this does the same afterwards, in place.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from components.errors import PlatformError

_HEADER = b"\x7fELF\x02\x01"  # 64 bits, little endian
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB = 0, 1, 5


@dataclass(frozen=True)
class _Dynamic:
    """The dynamic section: where it lies in the file, its entries (tag, value), and where its strings lie."""

    start: int
    entries: list[tuple[int, int]]
    strings: int


def needed(path: Path) -> list[str]:
    """The libraries that a file asks for; of a file that is not ELF, or linked statically, none."""
    with open(path, "rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
            dynamic = _dynamic(image)
            if dynamic is None:
                return []
            values = [value for tag, value in dynamic.entries if tag == _DT_NEEDED]
            return [_text(image, dynamic.strings + value) for value in values]


def drop_needed(path: Path, names: Collection[str]) -> list[str]:
    """Remove libraries from a file's list of needed ones, keeping the order of the rest.

    Args:
        path: A 64-bit little-endian ELF file; it is changed in place.
        names: Names (sonames) to remove; those that are not on the list are passed over.

    Returns:
        The names that were removed, in the file's order.

    Raises:
        PlatformError: The file is no such ELF file or has no dynamic section.
    """
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as image:
        if image[:6] != _HEADER:
            raise _unusable(path, "it is not a 64-bit little-endian ELF file")
        dynamic = _dynamic(image)
        if dynamic is None:
            raise _unusable(path, "it has no dynamic section")
        kept: list[tuple[int, int]] = []
        dropped: list[str] = []
        for tag, value in dynamic.entries:
            name = _text(image, dynamic.strings + value) if tag == _DT_NEEDED else ""
            if tag == _DT_NEEDED and name in names:
                dropped.append(name)
            else:
                kept.append((tag, value))
        kept += [(_DT_NULL, 0)] * len(dropped)
        for i, entry in enumerate(kept):
            _DYNAMIC.pack_into(image, dynamic.start + i * _DYNAMIC.size, *entry)
        return dropped


def _dynamic(image: mmap.mmap) -> _Dynamic | None:
    segments = _segments(image)
    found = next((segment for segment in segments if segment[0] == _PT_DYNAMIC), None)
    if found is None:
        return None
    start, count = found[1], found[3] // _DYNAMIC.size
    entries = [_DYNAMIC.unpack_from(image, start + i * _DYNAMIC.size) for i in range(count)]
    strings = next((value for tag, value in entries if tag == _DT_STRTAB), None)
    return None if strings is None else _Dynamic(start, entries, _offset(strings, segments))


def _segments(image: mmap.mmap) -> list[tuple[int, int, int, int]]:
    """Each segment's type, offset in the file, address in memory and length in the file."""
    (table,) = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    rows = (_PROGRAM_HEADER.unpack_from(image, table + i * size) for i in range(count))
    return [(row[0], row[2], row[3], row[5]) for row in rows]


def _offset(address: int, segments: list[tuple[int, int, int, int]]) -> int:
    """Where in the file an address of the loaded image lies."""
    return next(
        address - start + offset
        for kind, offset, start, length in segments
        if kind == _PT_LOAD and start <= address < start + length
    )


def _text(image: mmap.mmap, at: int) -> str:
    return image[at : image.find(b"\0", at)].decode()


def _unusable(path: Path, why: str) -> PlatformError:
    return PlatformError.single("a library cannot be slimmed", why=why, key=str(path))
