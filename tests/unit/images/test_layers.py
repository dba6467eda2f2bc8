"""Layers: the same inputs give the same bytes, and are made once."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.images import debs, layers, tree, wheels
from machine.images.blobs import Blobs
from machine.images.layers import EPOCH, Layers, layer_key, write_layer
from machine.images.tree import Entry


def members(blobs: Blobs, entries: list[Entry]) -> list[tarfile.TarInfo]:
    with tarfile.open(blobs.path(write_layer(blobs, entries))) as tar:
        return tar.getmembers()


def test_the_same_entries_give_the_same_digest(cache: Cache, tmp_path: Path) -> None:
    source = tmp_path / "program"
    source.write_bytes(b"x" * 1000)
    os.utime(source, (1, 1))
    first = write_layer(Blobs(cache), [tree.program("bin/tool", source), tree.link("bin/other", "tool")])
    os.utime(source, (2_000_000_000, 2_000_000_000))
    source.chmod(0o600)
    second = write_layer(Blobs(cache), [tree.program("bin/tool", source), tree.link("bin/other", "tool")])

    assert first == second
    assert first.size % tarfile.RECORDSIZE == 0


def test_every_file_has_the_same_time_and_no_name_of_an_owner(cache: Cache) -> None:
    (folder, file) = members(Blobs(cache), [tree.file("etc/motd", "hello", owner=(1000, 1000))])

    assert [(m.name, m.mtime, m.uname, m.gname) for m in (folder, file)] == [
        ("etc", EPOCH, "", ""),
        ("etc/motd", EPOCH, "", ""),
    ]
    assert (folder.uid, folder.mode, file.uid, file.mode) == (0, 0o755, 1000, 0o644)


def test_a_file_s_time_is_one_that_zip_archives_accept() -> None:
    assert EPOCH > 315_532_800  # 1980-01-01


def test_of_a_path_given_twice_the_first_stays(cache: Cache) -> None:
    blobs = Blobs(cache)
    layer = write_layer(
        blobs,
        [
            tree.folder("tmp", mode=0o1777),
            tree.file("tmp/a", "1"),
            tree.folder("tmp"),
            tree.file("tmp/a", "2"),
        ],
    )

    with tarfile.open(blobs.path(layer)) as tar:
        assert [(m.name, m.mode) for m in tar] == [("tmp", 0o1777), ("tmp/a", 0o644)]
        content = tar.extractfile("tmp/a")
        assert content is not None
        assert content.read() == b"1"


def test_a_stream_is_written_with_the_size_it_was_given(cache: Cache) -> None:
    entry = Entry("usr/lib/big", "file", 0o755, (0, 0), io.BytesIO(b"y" * 700), 700)

    assert [m.size for m in members(Blobs(cache), [entry]) if m.isfile()] == [700]


def test_paths_longer_than_a_tar_header_s_field_are_kept_whole(cache: Cache) -> None:
    path = "/".join(["a-rather-long-folder-name"] * 12) + "/file"

    assert members(Blobs(cache), [tree.file(path, "")])[-1].name == path


def test_a_folder_of_the_disk_is_taken_sorted_and_only_its_execute_bits_count(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "b" / "run").write_text("#!/bin/sh\n")
    (root / "b" / "run").chmod(0o700)
    (root / "a").write_text("text")
    (root / "a").chmod(0o640)
    (root / "c").symlink_to("a")

    found = [(e.path, e.kind, e.mode) for e in tree.from_folder(root, "/opt/x")]

    assert found == [
        ("opt/x/a", "file", 0o644),
        ("opt/x/b", "folder", 0o755),
        ("opt/x/b/run", "file", 0o755),
        ("opt/x/c", "link", 0o777),
    ]


def test_a_layer_is_made_once_for_its_key(cache: Cache) -> None:
    made: list[int] = []

    def produce() -> tuple[list[Entry], tuple[str, ...]]:
        made.append(1)
        return [tree.file("a", "1")], ("example.com/tool@v1",)

    first = Layers(cache).make("key", produce)
    second = Layers(cache).make("key", produce)

    assert (first, len(made)) == (second, 1)
    assert second.origin == ("example.com/tool@v1",)


def test_a_layer_whose_bytes_are_gone_is_made_again(cache: Cache) -> None:
    layer = Layers(cache).make("key", lambda: ([tree.file("a", "1")], ()))
    Blobs(cache).path(layer.blob).unlink()

    assert Layers(cache).find("key") is None
    assert Layers(cache).make("key", lambda: ([tree.file("a", "1")], ())) == layer


def test_what_fails_half_way_leaves_neither_layer_nor_bytes(cache: Cache) -> None:
    def broken() -> tuple[list[Entry], tuple[str, ...]]:
        return [tree.file("a", "1"), tree.file("b", Path("/nonexistent/file"))], ()

    with pytest.raises(FileNotFoundError):
        Layers(cache).make("key", broken)

    assert Layers(cache).find("key") is None
    assert [path for path in cache.path("images").rglob("*") if path.is_file()] == []


def test_a_key_depends_on_inputs_and_on_the_code_that_reads_them() -> None:
    assert layer_key(["a", "b"]) == layer_key(["a", "b"])
    assert layer_key(["a", "b"]) != layer_key(["ab"])
    assert layer_key(["a"], debs) != layer_key(["a"])
    assert layer_key(["a"], debs) != layer_key(["a"], wheels)
    assert layer_key(["a"], layers) != layer_key(["a"], tree)


def test_leftovers_of_killed_writers_are_swept_and_those_of_living_ones_are_not(cache: Cache) -> None:
    blobs = Blobs(cache)
    aside = cache.path("images", "blobs", "aside")
    (aside / "dead").write_bytes(b"half")

    with blobs.writer() as writer:
        writer.write(b"still growing")
        blobs.sweep()
        assert [path.name == "dead" for path in aside.iterdir()] == [False]

    assert blobs.read(writer.blob) == b"still growing"
    assert list(aside.iterdir()) == []


def test_a_killed_writer_leaves_nothing_that_hinders_the_next(cache: Cache) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HANGS_HALF_WAY, str(cache.root)], stdout=subprocess.PIPE, cwd=Path.cwd()
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half way\n"
        aside = cache.path("images", "blobs", "aside")
        assert len(list(aside.iterdir())) == 1
        writer.kill()
    Blobs(cache).sweep()
    layer = Layers(cache).make("key", lambda: ([tree.file("a", "1")], ()))

    assert Layers(cache).find("key") == layer
    assert list(aside.iterdir()) == []


_HANGS_HALF_WAY = """
import sys, signal
from pathlib import Path
from machine.cache import Cache
from machine.images import tree
from machine.images.layers import Layers

def produce():
    def entries():
        yield tree.file("a", b"1" * 4_000_000)
        print("half way", flush=True)
        signal.pause()
    return entries(), ()

Layers(Cache(Path(sys.argv[1]))).make("key", produce)
"""
