"""Running other programs: output to a log, the last lines in the error, children gone with their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.errors import PlatformError, Problem

_PR_SET_PDEATHSIG = 1
_TAIL_LINES = 15
_GRACE_SECONDS = 5.0
_libc = ctypes.CDLL(None, use_errno=True)


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


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends: for use between fork and exec."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float | None = None,
) -> Result:
    """Run a short program to its end and return what it printed.

    Args:
        command: Argument vector; nothing is given to a shell.
        cwd: Folder to run in.
        environment: Variables laid over this process's own.
        stdin: What it reads; nothing by default.
        timeout: Seconds it may take.

    Raises:
        CommandFailed: It ended with another status than 0, or not in time.
    """
    argv = [str(part) for part in command]
    with subprocess.Popen(
        argv,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent,
    ) as process:
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            end_group(process)
            raise CommandFailed(argv, None, "") from None
        except BaseException:
            end_group(process)
            raise
    result = Result(out.decode(errors="replace"), err.decode(errors="replace"))
    if process.returncode:
        raise CommandFailed(argv, process.returncode, last_lines(result.errors or result.output))
    return result


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
        CommandFailed: It ended with another status than 0; the error names the log.
    """
    argv = [str(part) for part in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: list[str] = []
    with (
        open(log, "a", encoding="utf-8") as sink,
        subprocess.Popen(
            argv,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                sink.write(line)
                sink.flush()
                tail = [*tail[-(_TAIL_LINES - 1) :], line.rstrip("\n")]
                if on_line:
                    on_line(line.rstrip("\n"))
            process.wait()
        except BaseException:
            end_group(process)
            raise
    if process.returncode:
        raise CommandFailed(argv, process.returncode, "\n".join(tail), log)


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
