"""Programs that outlive the command that started them: a daemon, a relay."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO


def start_detached(
    command: Sequence[str],
    log: IO[bytes],
    *,
    environment: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
) -> int:
    """Start a program in a session of its own, in /, and return its pid.

    Args:
        command: Argument vector.
        log: Open file for everything it prints.
        environment: Its whole environment; this process's by default.
        descriptors: File descriptors that it inherits.
    """
    process = subprocess.Popen(
        list(command),
        cwd="/",
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=tuple(descriptors),
        start_new_session=True,
    )
    # Nobody waits for it here: without a status its object would complain when it is collected.
    process.returncode = 0
    return process.pid


def reap(pid: int) -> bool:
    """Take the status of a child of this process if it has ended; say whether it had."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def end(pid: int, sign: signal.Signals, seconds: float) -> None:
    """End a process: asked with a signal, killed when it has not ended in time; gone already is fine."""
    for number in (sign, signal.SIGKILL):
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            signal.pidfd_send_signal(handle, number)
            if select.select([handle], [], [], seconds)[0]:
                return
        except ProcessLookupError:
            return
        finally:
            os.close(handle)
            reap(pid)
