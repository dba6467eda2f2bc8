"""Orphans of a killed engine: found by its session, never somebody else's."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from command.engine.session import Process, end_orphans, orphans, parse_stat, processes, remember


def test_a_name_with_parentheses_does_not_confuse_the_reader() -> None:
    stat = "42 (a (b) c) S 1 42 40 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0"
    assert parse_stat(stat) == Process(session=40, started=777, state="S")


def test_members_of_a_dead_leaders_session_are_orphans() -> None:
    alive = {7: Process(5, 10, "S"), 8: Process(5, 11, "Z"), 9: Process(9, 12, "S")}
    assert orphans({"pid": 5, "started": 1}, alive) == [7]


def test_a_living_leader_has_no_orphans() -> None:
    assert orphans({"pid": 5, "started": 1}, {5: Process(5, 1, "S"), 7: Process(5, 10, "S")}) == []


def test_a_zombie_leader_is_dead() -> None:
    assert orphans({"pid": 5, "started": 1}, {5: Process(5, 1, "Z"), 7: Process(5, 10, "S")}) == [7]


def test_a_damaged_record_ends_nobody(tmp_path: Path) -> None:
    file = tmp_path / "local.json"
    file.write_text("{")
    assert end_orphans(file) == 0
    assert end_orphans(tmp_path / "absent.json") == 0


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[str]]:
    """A session's leader with a child in a process group of its own, as the engine has plugins."""
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], process_group=0)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process
        for pid, other in processes().items():
            if other.session == process.pid:
                os.kill(pid, signal.SIGKILL)


def test_what_a_killed_leader_left_is_ended(leader: subprocess.Popen[str], tmp_path: Path) -> None:
    assert leader.stdout is not None
    child = int(leader.stdout.readline())
    file = tmp_path / "sessions" / "local.json"
    remember(file, leader.pid)
    assert json.loads(file.read_text())["pid"] == leader.pid
    assert end_orphans(file) == 0
    leader.kill()
    leader.wait()
    handle = os.pidfd_open(child)
    assert end_orphans(file) == 1
    assert select.select([handle], [], [], 5)[0] == [handle]
    os.close(handle)
