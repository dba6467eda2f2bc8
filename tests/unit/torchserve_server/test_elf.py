"""Striking needed libraries from an ELF file, on a file made here byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from components.errors import PlatformError
from servers.torchserve import elf

STRINGS = b"\0libc.so.6\0libextra.so.1\0libm.so.6\0"
ADDRESS = 0x40_0000


def library(path: Path, *needed: str, dynamic: bool = True) -> Path:
    """An ELF file of headers, a string table and a dynamic section; loaded at an address of its own."""
    entries = [(1, STRINGS.index(name.encode())) for name in needed]
    strings_at = 64 + 2 * 56
    entries += [(5, ADDRESS + strings_at), (10, len(STRINGS)), (0, 0)]
    section = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    dynamic_at = strings_at + len(STRINGS)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    size = dynamic_at + len(section)
    load = struct.pack("<IIQQQQQQ", 1, 6, 0, ADDRESS, ADDRESS, size, size, 4096)
    kind = 2 if dynamic else 4
    place = ADDRESS + dynamic_at
    table = struct.pack("<IIQQQQQQ", kind, 6, dynamic_at, place, place, len(section), len(section), 8)
    path.write_bytes(header + load + table + STRINGS + section)
    return path


def test_libraries_are_struck_and_the_others_keep_their_order(tmp_path: Path) -> None:
    path = library(tmp_path / "a.so", "libm.so.6", "libextra.so.1", "libc.so.6")
    before = path.stat().st_size
    assert elf.drop_needed(path, ["libextra.so.1", "libnone.so.3"]) == ["libextra.so.1"]
    assert path.stat().st_size == before
    assert elf.drop_needed(path, ["libm.so.6", "libc.so.6", "libextra.so.1"]) == ["libm.so.6", "libc.so.6"]


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    path = library(tmp_path / "a.so", "libc.so.6", "libextra.so.1")
    elf.drop_needed(path, ["libextra.so.1"])
    once = path.read_bytes()
    assert elf.drop_needed(path, ["libextra.so.1"]) == []
    assert path.read_bytes() == once


def test_the_needed_libraries_are_listed_in_order(tmp_path: Path) -> None:
    path = library(tmp_path / "a.so", "libm.so.6", "libextra.so.1", "libc.so.6")
    assert elf.needed(path) == ["libm.so.6", "libextra.so.1", "libc.so.6"]
    elf.drop_needed(path, ["libextra.so.1"])
    assert elf.needed(path) == ["libm.so.6", "libc.so.6"]


def test_a_script_and_a_static_program_need_no_library(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    assert elf.needed(tmp_path / "script") == []
    assert elf.needed(library(tmp_path / "static", dynamic=False)) == []


@pytest.mark.parametrize("content", [b"#!/bin/sh\n", b"\x7fELF\x01\x01" + b"\0" * 100])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.so"
    path.write_bytes(content)
    with pytest.raises(PlatformError) as caught:
        elf.drop_needed(path, [])
    assert str(caught.value) == (
        f"{path}: a library cannot be slimmed\n  why:  it is not a 64-bit little-endian ELF file"
    )


def test_a_file_without_a_dynamic_section_is_refused(tmp_path: Path) -> None:
    path = library(tmp_path / "a.so", dynamic=False)
    with pytest.raises(PlatformError) as caught:
        elf.drop_needed(path, [])
    assert str(caught.value) == f"{path}: a library cannot be slimmed\n  why:  it has no dynamic section"
