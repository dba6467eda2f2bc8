"""Locks of the file backend: whose are dead, whose are respected."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from command.engine.locks import Lock, clear_stale_locks, is_engine, parse_lock, split_locks
from components.errors import PlatformError


def lock(folder: Path, name: str, pid: int, host: str | None = None) -> Path:
    file = folder / f"{name}.json"
    content = {
        "pid": pid,
        "username": "root",
        "hostname": host or socket.gethostname(),
        "timestamp": "2026-11-21T09:59:27.401466074Z",
    }
    file.write_text(json.dumps(content))
    (folder / f"{name}.json.attrs").write_text("{}")
    return file


def test_a_lock_names_its_holder(tmp_path: Path) -> None:
    file = lock(tmp_path, "a", 42, "vm")
    assert parse_lock(file, file.read_bytes()) == Lock(file, 42, "vm", "2026-11-21T09:59:27.401466074Z")


def test_a_lock_whose_writer_was_killed_midway_is_nobodys(tmp_path: Path) -> None:
    assert parse_lock(tmp_path, b'{"pid": 4') == Lock(tmp_path, 0, "", "")


@pytest.mark.parametrize(
    ("held", "stale"),
    [
        (Lock(Path("a"), 1, "here", ""), False),
        (Lock(Path("a"), 2, "here", ""), True),
        (Lock(Path("a"), 2, "elsewhere", ""), False),
        (Lock(Path("a"), 0, "", ""), True),
    ],
    ids=["alive here", "dead here", "on another machine", "unreadable"],
)
def test_only_a_lock_whose_holder_is_gone_for_sure_is_stale(held: Lock, stale: bool) -> None:
    dead, respected = split_locks([held], "here", lambda pid: pid == 1)
    assert (dead, respected) == (([held], []) if stale else ([], [held]))


def test_a_pid_that_another_program_got_is_no_engine() -> None:
    assert not is_engine(os.getppid())
    assert not is_engine(2**22 + 1)


def test_dead_locks_are_removed_with_their_attributes(tmp_path: Path) -> None:
    lock(tmp_path, "a", 2**22 + 1)
    lock(tmp_path, "b", 2**22 + 2)
    assert clear_stale_locks(tmp_path, 0, str) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_machine_is_refused_with_its_holder(tmp_path: Path) -> None:
    lock(tmp_path, "a", 7, "elsewhere")
    with pytest.raises(PlatformError) as refused:
        clear_stale_locks(tmp_path, 0, str)
    assert str(refused.value) == (
        "Another Pulumi engine works on this stack\n"
        "  seen: process 7 on elsewhere, since 2026-11-21T09:59:27\n"
        "  do:   Wait for it to end, or stop it with Ctrl-C in its own terminal."
    )


def test_waiting_for_a_living_engine_is_told(tmp_path: Path) -> None:
    file = lock(tmp_path, "a", 7, "elsewhere")
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        file.unlink()

    assert clear_stale_locks(tmp_path, 5, note) == 0
    assert notes == ["waiting for process 7, which works on the same stack"]
