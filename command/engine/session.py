"""Which engine was started for a stack, so that its orphans are found after a `kill -9`.

The engine starts plugins and the program's language host in process groups of their own but in its
session. Killed, it leaves them behind: the language host for ever. A session's number cannot be given to
another process while a member of it lives, so the members of a dead leader's session are ours.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from machine.cache import write_atomically

_STAT_SESSION, _STAT_START = 3, 19


@dataclass(frozen=True)
class Process:
    """A process as /proc shows it.

    Attributes:
        session: Number of its session.
        started: When, in clock ticks since the machine started: tells a reused pid.
        state: One letter; Z is a zombie.
    """

    session: int
    started: int
    state: str


def parse_stat(stat: str) -> Process:
    """Read /proc/<pid>/stat; the name in it may hold spaces and parentheses."""
    fields = stat.rpartition(")")[2].split()
    return Process(int(fields[_STAT_SESSION]), int(fields[_STAT_START]), fields[0])


def processes() -> dict[int, Process]:
    """Every process of the machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = parse_stat((entry / "stat").read_text(encoding="utf-8"))
            except (OSError, ValueError, IndexError):
                continue
    return found


def remember(file: Path, pid: int) -> None:
    """Note the engine that was just started as the leader of its own session."""
    own = processes().get(pid)
    if own is not None:
        write_atomically(file, json.dumps({"pid": pid, "started": own.started}))


def orphans(record: Mapping[str, int], alive: Mapping[int, Process]) -> list[int]:
    """Pids that a dead engine left; none while it lives, or once its pid belongs to somebody else."""
    pid = record["pid"]
    leader = alive.get(pid)
    if leader is not None and leader.state != "Z":
        return []
    return [other for other, process in alive.items() if process.session == pid and process.state != "Z"]


def end_orphans(file: Path) -> int:
    """Kill what a killed engine left behind; returns how many."""
    try:
        record = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return 0
    left = orphans(record, processes())
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return len(left)


def end_session(pid: int) -> None:
    """Kill every process of a session that this process started, its leader first."""
    members = [other for other, process in processes().items() if process.session == pid]
    for member in sorted(members, key=lambda one: one != pid):
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            continue
