"""A plugin alone: how long it takes to tell its port."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from command.engine.places import CHECKOUT

FOLDER = CHECKOUT / "providers" / "standin"
NAME = "pulumi-resource-kubernetes"
_TIMES = 10


def start_seconds(times: int = _TIMES) -> float:
    """Median seconds from starting the plugin to its port line."""
    return port_seconds([FOLDER / NAME], times)


def port_seconds(command: Sequence[str | Path], times: int = _TIMES) -> float:
    """Median seconds from starting a program that serves the engine to its port line."""
    return statistics.median(_started(command) for _ in range(times))


def _started(command: Sequence[str | Path]) -> float:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PATH": path}) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.monotonic() - began
        process.kill()
    if not line.strip().isdigit():
        raise RuntimeError(f"the plugin told no port: {line!r}")
    return took
