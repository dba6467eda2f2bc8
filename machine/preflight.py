"""Whether this machine can carry a stack, decided from readings taken once, before anything starts."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from components.errors import PlatformError, Problem
from machine.cache import Cache
from machine.docker.ports import require_free

_GIB = 1 << 30
# Measured: the platform with one predictor, the engine and kind use 5 GB; two linkers beside them 2 GB more.
_MEMORY = 7.5
_MINIMUM_PYTHON = (3, 11)


class Building(Enum):
    """Which images of a stack are built here, not pulled."""

    NOTHING = "none"
    EXAMPLE = "those of the example, which no registry has"
    EVERYTHING = "all of them"


class Work(Enum):
    """What lies before the first prediction, with the disk it takes in GiB (measured, and a fifth more)."""

    WARM = 4
    PULL = 14
    EXAMPLE = 18  # 1.0 in the cache, 0.8 to train in, 1.5 in each node
    BUILD = 34


_ELSEWHERE = {
    Work.BUILD: "Set `images: pull` in the stack file",
    Work.EXAMPLE: "Serve a model from storage instead of the example",
}
"""What to do where images cannot be built."""


@dataclass(frozen=True)
class Readings:
    """What was read of the machine.

    Attributes:
        system: Kernel, as `uname -s` says it.
        architecture: Processor, as `uname -m` says it.
        python: Version of this interpreter.
        memory: Bytes of memory, all of it.
        disk: Bytes free where the cache is.
        cache: The cache's folder.
        work: What is to be done.
        cached: Bytes of that work's outcome that are in the cache already, as after an interrupted run.
        ports: What keeps the stack from having its ports.
        engine: What keeps a Docker Engine from running here; empty where one answers or can be started.
    """

    system: str
    architecture: str
    python: tuple[int, int]
    memory: int
    disk: int
    cache: Path
    work: Work
    cached: int = 0
    ports: tuple[Problem, ...] = ()
    engine: tuple[Problem, ...] = ()


def problems(readings: Readings) -> list[Problem]:
    """Everything that keeps this machine from carrying a stack; empty if nothing does."""
    return [
        *_system(readings),
        *readings.engine,
        *_resources(readings),
        *readings.ports,
    ]


def read(cache: Cache, work: Work, ports: Iterable[int] = (), engine: Iterable[Problem] = ()) -> Readings:
    """Take the readings.

    Args:
        cache: Where everything will be kept.
        work: What is to be done; see `work_before`.
        ports: Ports of 127.0.0.1 that must be free (not those of a cluster that is already up).
        engine: What `machine.docker.preflight.problems` says, where no Docker Engine answers.
    """
    folder = next(path for path in (cache.root, *cache.root.parents) if path.exists())
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    return Readings(
        system=platform.system(),
        architecture=platform.machine(),
        python=sys.version_info[:2],
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        disk=free,
        cache=cache.root,
        work=work,
        # Walking the cache takes seconds: only where it may decide.
        cached=_bytes_below(cache.root) if free < work.value * _GIB else 0,
        ports=tuple(problem for port in ports for problem in _taken(port)),
        engine=tuple(engine),
    )


def work_before(cache: Cache, building: Building) -> Work:
    """What a stack still needs: a prepared image store means that everything was built once.

    Args:
        cache: Where stores are.
        building: Which of the stack's images are built here.
    """
    if building is not Building.EVERYTHING:
        return Work.EXAMPLE if building is Building.EXAMPLE else Work.PULL
    stores = cache.path("stores")
    return Work.WARM if stores.is_dir() and any(stores.iterdir()) else Work.BUILD


def _system(readings: Readings) -> list[Problem]:
    found = []
    if readings.system != "Linux":
        found.append(
            Problem(
                what="This is not Linux",
                seen=readings.system,
                why="A local cluster is made of Linux namespaces and control groups.",
                fix="Use a Linux machine or a virtual machine with Linux.",
            )
        )
    elif readings.architecture != "x86_64" and readings.work in _ELSEWHERE:
        found.append(
            Problem(
                what="Images cannot be built on this processor",
                seen=readings.architecture,
                why="The packages that they are built from are pinned for x86_64 only.",
                fix=f"{_ELSEWHERE[readings.work]}, or use an x86_64 machine.",
            )
        )
    if readings.python < _MINIMUM_PYTHON:
        found.append(
            Problem(
                what="This Python is too old",
                seen=".".join(map(str, readings.python)),
                why="The program needs 3.11 or newer.",
                fix="Install it (`apt-get install python3.11`) and run `make PYTHON=python3.11 up`.",
            )
        )
    return found


def _resources(readings: Readings) -> list[Problem]:
    found = []
    if readings.memory < _MEMORY * _GIB:
        found.append(
            Problem(
                what="There is too little memory",
                seen=f"{readings.memory / _GIB:.1f} GiB",
                why="The cluster, its controllers and one model need 8 GiB.",
                fix="Use a machine with at least 8 GiB.",
            )
        )
    needed = max(readings.work.value - readings.cached / _GIB, Work.WARM.value)
    if readings.disk < needed * _GIB:
        doing = {
            Work.WARM: "a cluster and its state",
            Work.PULL: "the tools, and the images that the cluster pulls",
            Work.EXAMPLE: "the tools, the images that the cluster pulls, and those of the example",
            Work.BUILD: "building every tool and image once",
        }[readings.work]
        found.append(
            Problem(
                what="There is too little room on the disk",
                key=str(readings.cache),
                seen=f"{readings.disk / _GIB:.1f} GiB free",
                why=f"{needed:.0f} GiB are needed for {doing}.",
                fix="Make room, or name a folder on a larger disk in KSERVE_PLATFORM_CACHE.",
            )
        )
    return found


def _taken(port: int) -> tuple[Problem, ...]:
    try:
        require_free(port)
    except PlatformError as error:
        return error.problems
    return ()


def _bytes_below(folder: Path) -> int:
    """Bytes on the disk below a folder; what cannot be read counts as nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
    return total
