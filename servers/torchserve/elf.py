"""Strike libraries from the list that an ELF file asks the dynamic loader for.

Debian links libtorch_cpu against OpenCV, FFmpeg, GDAL, Qt and 150 more libraries of which it calls nothing. A
linker run with `--as-needed` would have left them out; this does the same afterwards, in place.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Collection
from pathlib import Path

from components.errors import PlatformError

_HEADER = b"\x7fELF\x02\x01"  # 64 bits, little endian
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB = 0, 1, 5


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
        segments = _segments(image)
        dynamic = next((segment for segment in segments if segment[0] == _PT_DYNAMIC), None)
        if dynamic is None:
            raise _unusable(path, "it has no dynamic section")
        start, count = dynamic[1], dynamic[3] // _DYNAMIC.size
        entries = [_DYNAMIC.unpack_from(image, start + i * _DYNAMIC.size) for i in range(count)]
        strings = _offset(next(value for tag, value in entries if tag == _DT_STRTAB), segments)
        kept: list[tuple[int, int]] = []
        dropped: list[str] = []
        for tag, value in entries:
            name = _text(image, strings + value) if tag == _DT_NEEDED else ""
            if tag == _DT_NEEDED and name in names:
                dropped.append(name)
            else:
                kept.append((tag, value))
        kept += [(_DT_NULL, 0)] * len(dropped)
        for i, entry in enumerate(kept):
            _DYNAMIC.pack_into(image, start + i * _DYNAMIC.size, *entry)
        return dropped


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
