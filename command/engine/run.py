"""One run of the engine: a real `pulumi` process, its events as they come, Ctrl-C passed on once.

The engine runs in a session of its own, so that a terminal's Ctrl-C reaches this process only. Its output
goes to files, not to pipes: when this process is killed the engine is told to stop (and saves its state),
which it could not do while writing into a broken pipe.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from command.engine import session
from machine.process import last_lines

_POLL_SECONDS = 0.05

STOPPING = "stopping: waiting for what has begun to end (Ctrl-C again kills it)"


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        status: Exit status; negative for a signal.
        seconds: Wall clock, the process's whole life.
        errors: The last lines of its standard error.
        interrupted: Somebody asked it to stop.
    """

    status: int
    seconds: float
    errors: str
    interrupted: bool


def run_engine(
    arguments: Sequence[str],
    *,
    variables: Mapping[str, str],
    cwd: Path,
    log: Path,
    session_file: Path,
    on_line: Callable[[str], None],
    on_stopping: Callable[[str], None],
) -> Outcome:
    """Run `pulumi` with its JSON events; call it from the main thread, where signals arrive.

    Args:
        arguments: Of `pulumi`, without `--json`.
        variables: Laid over this process's own.
        cwd: Folder with Pulumi.yaml.
        log: Receives standard error; beside it, `<log>.events` receives the events.
        session_file: Where the engine's pid is noted.
        on_line: Called with each line of its standard output.
        on_stopping: Called once with a few words when it was asked to stop.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    events = log.with_suffix(".events")
    started = time.monotonic()
    with (
        open_private(events) as sink,
        open_private(log) as errors,
        open(events, encoding="utf-8", errors="replace") as reader,
    ):
        _heed_interrupts()
        process = subprocess.Popen(
            stopped_with_us(["pulumi", *arguments, "--json"]),
            cwd=cwd,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=errors,
            start_new_session=True,
        )
        session.remember(session_file, process.pid)
        try:
            with _pass_on_signals(process, on_stopping) as asked:
                for line in follow(reader.readline, lambda: process.poll() is not None):
                    on_line(line)
        except BaseException:
            session.end_session(process.pid)
            process.wait()
            raise
    said = last_lines(log.read_text(encoding="utf-8", errors="replace"))
    return Outcome(process.returncode, time.monotonic() - started, said, bool(asked))


def open_private(file: Path) -> BinaryIO:
    """Open a file for writing that only its owner can read: events hold the whole configuration."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def follow(readline: Callable[[], str], ended: Callable[[], bool]) -> Iterator[str]:
    """Yield whole lines of a file that is being written, until its writer has ended and all was read."""
    partial = ""
    while True:
        last_look = ended()
        while chunk := readline():
            partial += chunk
            if partial.endswith("\n"):
                yield partial[:-1]
                partial = ""
        if last_look:
            if partial:
                yield partial
            return
        time.sleep(_POLL_SECONDS)


def _heed_interrupts() -> None:
    """Have the engine and its plugins heed SIGINT: a shell starts what it puts in the background without.

    The engine stops its plugins by that signal, and ended five seconds late because they could not hear it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _pass_on_signals(
    process: subprocess.Popen[bytes], on_stopping: Callable[[str], None]
) -> Iterator[list[int]]:
    """The first request to stop is the engine's to obey; the second ends it and all it started."""
    asked: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) == 1:
            process.send_signal(signal.SIGINT)
            on_stopping(STOPPING)
        else:
            session.end_session(process.pid)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stopped_with_us(command: Sequence[str]) -> list[str]:
    """Have the kernel ask the engine to stop when this process is gone: it then saves its state.

    As `machine.process.tied` does for other programs, which are killed; the engine must not be.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else list(command)
