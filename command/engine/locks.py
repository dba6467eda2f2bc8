"""Lock files of the file backend: a killed engine leaves its own, and nothing runs until it is gone."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import PlatformError

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Lock:
    """One lock file.

    Attributes:
        file: Where it is.
        pid: Process that holds it; 0 where the file could not be read (its writer was killed midway).
        host: Machine of that process.
        since: When it was taken, as written.
    """

    file: Path
    pid: int
    host: str
    since: str


def parse_lock(file: Path, content: bytes) -> Lock:
    """Read a lock file; damaged content gives a lock of nobody."""
    try:
        fields: Mapping[str, Any] = json.loads(content)
        return Lock(file, int(fields["pid"]), str(fields["hostname"]), str(fields.get("timestamp", "")))
    except (ValueError, KeyError, TypeError):
        return Lock(file, 0, "", "")


def split_locks(
    locks: Sequence[Lock], host: str, alive: Callable[[int], bool]
) -> tuple[list[Lock], list[Lock]]:
    """Divide locks into those whose holder is gone for sure and those to respect.

    A holder on another machine cannot be judged, so its lock is respected.

    Args:
        locks: What is there.
        host: This machine's name.
        alive: Whether a pid of this machine is an engine that still runs.
    """
    stale = [lock for lock in locks if lock.pid == 0 or (lock.host == host and not alive(lock.pid))]
    return stale, [lock for lock in locks if lock not in stale]


def read_locks(folder: Path) -> list[Lock]:
    """Every lock of a stack."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(parse_lock(file, file.read_bytes()))
        except FileNotFoundError:
            continue
    return found


def clear_stale_locks(folder: Path, wait_seconds: float, note: Callable[[str], None]) -> int:
    """Remove what dead engines left, and wait for a living one to end.

    Args:
        folder: The stack's lock folder.
        wait_seconds: How long a living engine may take to end; one that was told to stop needs a moment.
        note: Told what is waited for.

    Returns:
        How many stale locks were removed.

    Raises:
        PlatformError: Another engine works on the stack and did not end in time.
    """
    deadline = time.monotonic() + wait_seconds
    removed = 0
    while True:
        stale, held = split_locks(read_locks(folder), socket.gethostname(), is_engine)
        for lock in stale:
            lock.file.unlink(missing_ok=True)
            lock.file.with_name(f"{lock.file.name}.attrs").unlink(missing_ok=True)
        removed += len(stale)
        if not held:
            return removed
        if time.monotonic() > deadline:
            raise busy(held[0])
        note(f"waiting for process {held[0].pid}, which works on the same stack")
        time.sleep(_POLL_SECONDS)


def busy(lock: Lock) -> PlatformError:
    """The refusal to touch a stack that somebody else works on."""
    return PlatformError.single(
        "Another Pulumi engine works on this stack",
        seen=f"process {lock.pid} on {lock.host}, since {lock.since[:19]}",
        fix="Wait for it to end, or stop it with Ctrl-C in its own terminal.",
    )


def is_engine(pid: int) -> bool:
    """Whether a pid is a running Pulumi engine: pids are reused, so its name counts too."""
    try:
        name = Path("/proc", str(pid), "comm").read_text(encoding="utf-8").strip()
        state = Path("/proc", str(pid), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return name.startswith("pulumi") and state != "Z" and pid != os.getpid()
