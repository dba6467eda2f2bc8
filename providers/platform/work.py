"""What one operation of the plugin works with: the cache, a way to say how far it is, a way out."""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.errors import PlatformError
from machine.cache import Cache
from machine.process import CommandFailed, end_group, last_lines, tied
from machine.progress import Note

_POLL_SECONDS = 0.2


def _unheard(text: str) -> None:
    """Where nobody listens to warnings."""


class Cancelled(PlatformError):
    """The user asked to stop."""

    @classmethod
    def now(cls) -> Cancelled:
        """The error to raise."""
        error = cls.single("Stopped, as you asked", fix="Run the command again: it goes on from here.")
        assert isinstance(error, Cancelled)
        return error


@dataclass(frozen=True)
class Work:
    """One operation.

    Attributes:
        cache: The project's cache.
        note: Says what is going on, in the status column of the resource.
        cancelled: Set when the user asks to stop.
        warn: Says what may go wrong later; it stays under the resource.
    """

    cache: Cache
    note: Note
    cancelled: threading.Event
    warn: Note = _unheard

    def check_cancelled(self) -> None:
        """Leave if the user asked to stop.

        Raises:
            Cancelled: They did.
        """
        if self.cancelled.is_set():
            raise Cancelled.now()

    def pause(self, deadline: float, seconds: float = _POLL_SECONDS) -> bool:
        """Wait a moment inside a gate; return whether there is time for another look.

        Raises:
            Cancelled: The user asked to stop.
        """
        left = deadline - time.monotonic()
        self.cancelled.wait(max(0.0, min(seconds, left)))
        self.check_cancelled()
        return left > 0

    @contextmanager
    def step(self, name: str, *, expected: float | None = None) -> Iterator[Note]:
        """Open a step of the machine's work (machine.progress.Reporter): it shows in the status column."""
        self.check_cancelled()
        self.note(name)
        yield lambda text: self.note(f"{name}: {text}")

    def run_logged(
        self,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        seconds: float,
        hopeless: threading.Event | None = None,
    ) -> None:
        """Run a long program that ends when the user asks to stop, or with its time.

        Args:
            command: Argument vector.
            log: File that its output is appended to.
            environment: The whole environment.
            on_line: Called with each line it prints.
            seconds: How long it may take.
            hopeless: Set by whoever sees that waiting for it is in vain.

        Raises:
            CommandFailed: It ended with another status than 0, or was ended: in vain, or not in time.
            Cancelled: The user asked to stop.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        lines: queue.Queue[str | None] = queue.Queue()
        tail: list[str] = []
        deadline = time.monotonic() + seconds
        with (
            open(log, "a", encoding="utf-8") as sink,
            subprocess.Popen(
                tied(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            ) as process,
        ):
            reader = threading.Thread(target=_read_lines, args=(process, lines), daemon=True)
            reader.start()
            try:
                while True:
                    self.check_cancelled()
                    if time.monotonic() > deadline or (hopeless is not None and hopeless.is_set()):
                        raise CommandFailed(command, None, "\n".join(tail), log)
                    try:
                        line = lines.get(timeout=_POLL_SECONDS)
                    except queue.Empty:
                        continue
                    if line is None:
                        break
                    sink.write(line)
                    sink.flush()
                    tail = [*tail[-14:], line.rstrip()]
                    on_line(line.rstrip())
                process.wait()
            finally:
                if process.poll() is None:
                    end_group(process)
        if process.returncode:
            raise CommandFailed(command, process.returncode, last_lines("\n".join(tail)), log)


def _read_lines(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)
