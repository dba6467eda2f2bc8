"""Running the command as a person does, timed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from command.engine.places import CHECKOUT


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        status: Exit status; negative for a signal.
        seconds: Wall clock.
        output: Everything it printed.
    """

    status: int
    seconds: float
    output: str


class RunFailed(Exception):
    """A run that had to end well did not; holds what it printed."""


def command_line(*arguments: str) -> list[str]:
    """The argument vector of one of the project's commands."""
    return [sys.executable, "-m", "command", *arguments]


def start(arguments: Sequence[str], log: Path, cache: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, its output in a file."""
    environment = {**os.environ, **({"KSERVE_PLATFORM_CACHE": str(cache)} if cache else {})}
    with open(log, "wb") as sink:
        return subprocess.Popen(
            command_line(*arguments),
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run(*arguments: str, log: Path, cache: Path | None = None) -> Ended:
    """Run a command to its end."""
    began = time.monotonic()
    process = start(arguments, log, cache)
    status = process.wait()
    return Ended(status, time.monotonic() - began, log.read_text(encoding="utf-8", errors="replace"))


def must(*arguments: str, log: Path, cache: Path | None = None) -> Ended:
    """Run a command that has to end well.

    Raises:
        RunFailed: It did not.
    """
    ended = run(*arguments, log=log, cache=cache)
    if ended.status:
        raise RunFailed(f"{' '.join(arguments)} ended with status {ended.status}:\n{ended.output}")
    return ended
