"""Running other programs: output to a log, the last lines in the error, children gone with their parent.

Ctrl-C reaches the main thread alone, and a program that we start has a session of its own, so that it dies by
our hand and not half-way by the terminal's. Whoever waits in threads calls `stop_programs`, or uses
`machine.sidebyside`, which does.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import PlatformError, Problem

_TAIL_LINES = 15
_GRACE_SECONDS = 5.0
_ASKED_EVERY_SECONDS = 5.0
_SETPRIV = shutil.which("setpriv")
_running: set[subprocess.Popen[bytes] | subprocess.Popen[str]] = set()
_guard = threading.Lock()
_stopping = threading.Event()


@dataclass(frozen=True)
class Result:
    """What a finished program said.

    Attributes:
        output: Its standard output, decoded.
        errors: Its standard error, decoded; empty where both went to one stream.
    """

    output: str
    errors: str


class CommandFailed(PlatformError):
    """A program ended with a status other than 0, or did not end in time.

    Attributes:
        command: Its argument vector.
        status: Its exit status, negative for a signal; None after a timeout.
        tail: The last lines it printed.
    """

    def __init__(
        self, command: Sequence[str], status: int | None, tail: str, log: Path | None = None
    ) -> None:
        self.command = tuple(command)
        self.status = status
        self.tail = tail
        ending = "did not end in time" if status is None else f"ended with status {status}"
        where = f"Read the whole output in {log}." if log else ""
        super().__init__(Problem(what=f"{self.command[0]} {ending}", why=tail, fix=where))


class Stopped(PlatformError):
    """A program was ended, or not started, because the whole run is being stopped."""


def tied(command: Sequence[str | Path]) -> list[str]:
    """The argument vector of a program that the kernel ends when the thread that started it ends.

    Through util-linux and not a `preexec_fn`: inside a provider plugin, gRPC's own handlers run between fork
    and a `preexec_fn`, and the child ended with a segmentation fault before it became the program.
    """
    argv = [str(part) for part in command]
    return [_SETPRIV, "--pdeathsig", "KILL", "--", *argv] if _SETPRIV else argv


@contextmanager
def stop_programs() -> Iterator[None]:
    """End every program that `run` and `run_logged` started, and start none while the block runs."""
    _stopping.set()
    try:
        with _guard:
            programs = list(_running)
        for program in programs:
            end_group(program)
        yield
    finally:
        _stopping.clear()


@contextmanager
def _tracked(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Have `stop_programs` know a program while it runs; whatever interrupts us ends it."""
    with _guard:
        _running.add(process)
    try:
        if _stopping.is_set():
            end_group(process)
        yield
    except BaseException:
        end_group(process)
        raise
    finally:
        with _guard:
            _running.discard(process)


def _start(argv: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    if _stopping.is_set():
        raise Stopped(Problem(what=f"{argv[0]} was not started: the run is being stopped"))
    try:
        _require(argv[0], options.get("env"))
        return subprocess.Popen(tied(argv), start_new_session=True, **options)
    except OSError as error:
        raise CommandFailed(argv, 127, str(error)) from None


def _require(program: str, environment: Mapping[str, str] | None) -> None:
    # setpriv would say it in its own words, and as its own failure.
    if shutil.which(program, path=(environment or os.environ).get("PATH")) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)


def _check(argv: Sequence[str], status: int, tail: str, log: Path | None = None) -> None:
    if _stopping.is_set() and status < 0:
        raise Stopped(Problem(what=f"{argv[0]} was ended: the run is being stopped"))
    if status:
        raise CommandFailed(argv, status, tail, log)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float | None = None,
    lost: Callable[[], bool] | None = None,
) -> Result:
    """Run a short program to its end and return what it printed.

    Args:
        command: Argument vector; nothing is given to a shell.
        cwd: Folder to run in.
        environment: Variables laid over this process's own.
        stdin: What it reads; nothing by default.
        timeout: Seconds it may take.
        lost: Asked every few seconds; once it says True the program is ended as if its time were over.

    Raises:
        CommandFailed: It ended with another status than 0, not in time, or cannot be started.
        Stopped: The whole run is being stopped.
    """
    argv = [str(part) for part in command]
    process = _start(
        argv,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process, _tracked(process):
        try:
            out, err = _communicate(process, stdin, timeout, lost)
        except subprocess.TimeoutExpired:
            raise CommandFailed(argv, None, "") from None
    result = Result(out.decode(errors="replace"), err.decode(errors="replace"))
    _check(argv, process.returncode, last_lines(result.errors or result.output))
    return result


def _communicate(
    process: subprocess.Popen[bytes],
    stdin: bytes | None,
    timeout: float | None,
    lost: Callable[[], bool] | None,
) -> tuple[bytes, bytes]:
    if lost is None:
        return process.communicate(stdin, timeout)
    end = float("inf") if timeout is None else time.monotonic() + timeout
    while True:
        try:
            return process.communicate(stdin, min(_ASKED_EVERY_SECONDS, max(end - time.monotonic(), 0.0)))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end or lost():
                raise
            stdin = None  # it goes on with what it was given at first, and refuses to be given it again


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a long program, its output appended to a log as it comes.

    Args:
        command: Argument vector; nothing is given to a shell.
        log: File that receives standard output and error, line by line.
        cwd: Folder to run in.
        environment: Variables laid over this process's own.
        on_line: Called with each line, without its newline.

    Raises:
        CommandFailed: It ended with another status than 0, or cannot be started; the error names the log.
        Stopped: The whole run is being stopped.
    """
    argv = [str(part) for part in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    with open(log, "a", encoding="utf-8") as sink:
        sink.write(f"$ {shlex.join(argv)}\n")
        process = _start(
            argv,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        with process, _tracked(process):
            for line in process.stdout or ():
                sink.write(line)
                sink.flush()
                tail.append(line.rstrip("\n"))
                if on_line:
                    on_line(line.rstrip("\n"))
            process.wait()
    _check(argv, process.returncode, "\n".join(tail), log)


def end_group(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a program started in its own session, and its children: asked first, then killed."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(_GRACE_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def last_lines(text: str, count: int = _TAIL_LINES) -> str:
    """The last lines of a text, blank ones left out."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])
