"""A relay's lock: held by the relay as long as it lives, with its pid in it."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

from components.errors import PlatformError

_PID_SECONDS = 10.0
_POLL_SECONDS = 0.01


class RelayLock:
    """The lock of one cluster's relay. The kernel frees it when the relay is gone, however it went.

    Attributes:
        path: The file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "relay.lock"

    def is_held(self) -> bool:
        """Whether a relay lives, or is just being started."""
        try:
            with open(self.path, encoding="utf-8") as lock:
                return _is_held(lock)
        except FileNotFoundError:
            return False

    def holder(self) -> int | None:
        """Pid of the relay that lives, or None.

        Whoever starts one may be killed at any moment, so that the relay itself writes its pid: one that was
        only just started is waited for.

        Raises:
            PlatformError: Something holds the lock and does not say what it is.
        """
        deadline = time.monotonic() + _PID_SECONDS
        while time.monotonic() < deadline:
            try:
                with open(self.path, encoding="utf-8") as lock:
                    if not _is_held(lock):
                        return None
                    if pid := lock.read():
                        return int(pid)
            except FileNotFoundError:
                return None
            time.sleep(_POLL_SECONDS)
        raise PlatformError.single(
            "The relay to the cluster's ports neither starts nor ends",
            seen=f"{self.path} is locked, and no process id is in it",
            fix=f"End the process that `fuser {self.path}` names, then run this again.",
        )

    def await_end(self) -> None:
        """Sleep until nobody holds it; the kernel wakes us at that moment."""
        try:
            with open(self.path, encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH)
        except FileNotFoundError:
            return

    def take(self) -> IO[str]:
        """Open it, empty, and hold it: for the relay to inherit."""
        lock = open(self.path, "w", encoding="utf-8")  # noqa: SIM115
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock


def _is_held(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
