"""The machine's control groups: whether they can carry a node, and cleaning up below one of ours."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from machine.docker.namespaces import mount_points

NEEDED = ("cpu", "cpuset", "memory", "pids")
"""Controllers without which a kubelet does not start (Kubernetes: "Required cgroup controllers")."""
_KILL_SECONDS = 10.0


def hierarchies() -> list[Path]:
    """Root of every mounted hierarchy: one for cgroup v2, one a controller for v1."""
    return [Path(point) for point, kind in mount_points() if kind in {"cgroup", "cgroup2"}]


def has_cgroup_v1() -> bool:
    """Whether the machine's control groups are those of version 1, as whatever runs containers tells it."""
    return not Path("/sys/fs/cgroup/cgroup.controllers").exists()


def missing_controllers() -> list[str]:
    """Controllers that a node needs and that no mounted hierarchy has."""
    present: set[str] = set()
    for point, kind, options in _mounts():
        if kind == "cgroup2":
            listed = Path(point, "cgroup.controllers")
            present |= set(listed.read_text().split()) if listed.exists() else set()
        elif kind == "cgroup":
            present |= set(options.split(","))
    return [name for name in NEEDED if name not in present]


def processes_below(parent: str) -> set[int]:
    """Pids in the group `parent` (a path from the root, `/name`) and below it, in every hierarchy."""
    found: set[int] = set()
    for root in hierarchies():
        for file in (root / parent.lstrip("/")).rglob("cgroup.procs"):
            try:
                found |= {int(pid) for pid in file.read_text().split()}
            except OSError:  # the group went away, or is a threaded one
                continue
    return found


def remove_below(parent: str) -> list[Path]:
    """Kill what is left in the group `parent`, then remove it and everything below.

    Returns:
        Folders that could not be removed; empty is success.
    """
    kill_all(lambda: processes_below(parent))
    stuck: list[Path] = []
    for root in hierarchies():
        top = root / parent.lstrip("/")
        folders = [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
        stuck += [folder for folder in folders if not _remove(folder)]
    return stuck


def kill_all(processes: Callable[[], set[int]]) -> None:
    """Kill the processes that a function returns until it returns none, for 10 s at most.

    Args:
        processes: Called again after each round, because a killed parent's children show up late.
    """
    deadline = time.monotonic() + _KILL_SECONDS
    while (pids := processes()) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


def _remove(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _mounts() -> list[tuple[str, str, str]]:
    rows = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        dash = fields.index("-")
        rows.append((fields[4], fields[dash + 1], fields[-1]))
    return rows
