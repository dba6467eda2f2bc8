"""The steps under way, told to every view: the terminal or plain lines, and the transcript."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from command.display.redact import Redactor
from command.display.words import duration
from machine.progress import Note

History = Callable[[str], float | None]
"""Seconds that a step of this name took the last time; None where nobody knows."""


@dataclass
class Step:
    """Something under way.

    Attributes:
        name: What is done.
        started: Reading of the board's clock when it began.
        expected: Seconds it is expected to take; None where nobody knows.
        note: What it is doing now.
        seconds: How long it took; None while it runs.
        failed: It ended badly.
        rested: Since when nothing of it runs, though it may go on; None while something does.
    """

    name: str
    started: float
    expected: float | None
    note: str = ""
    seconds: float | None = None
    failed: bool = False
    rested: float | None = None


class View(Protocol):
    """Shows steps somewhere. The board calls it under its lock, one call at a time."""

    def opened(self, step: Step, now: float) -> None: ...
    def noted(self, step: Step, now: float) -> None: ...
    def closed(self, step: Step, now: float) -> None: ...
    def said(self, text: str, now: float) -> None: ...
    def finish(self) -> None: ...


class Board:
    """Takes steps from any thread and tells the views; it is a `machine.progress.Reporter`."""

    def __init__(
        self,
        views: Sequence[View],
        *,
        redact: Redactor | None = None,
        expected: History | None = None,
        record: Callable[[str, float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the views to tell, what to blank, and the memory of earlier runs.

        Args:
            views: Told of everything.
            redact: Blanks secrets in every text.
            expected: What a step took the last time, for those that do not know it themselves.
            record: Remembers what a step took.
            clock: Seconds; a test's own.
        """
        self.redact = redact or Redactor()
        self._views = views
        self._expected = expected or (lambda name: None)
        self._record = record or (lambda name, seconds: None)
        self._clock = clock
        self._began = clock()
        self._lock = threading.RLock()
        self._open: dict[str, Step] = {}
        self._took: dict[str, float] = {}
        self.failed: list[str] = []

    @contextmanager
    def step(self, name: str, *, expected: float | None = None) -> Iterator[Note]:
        """See `machine.progress.Reporter.step`."""
        step = self._start(name, expected)
        try:
            yield lambda text: self._note(step, text)
        except BaseException:
            self._end(step, failed=True)
            raise
        self._end(step, failed=False)

    def open(self, name: str) -> None:
        """Open a step that is closed by name: for steps that follow events."""
        self._open[name] = self._start(name, None)

    def note(self, name: str, text: str) -> None:
        """Say what a step opened by name is doing; nothing happens to a closed one."""
        if step := self._open.get(name):
            step.rested = None
            self._note(step, text)

    def rest(self, name: str) -> None:
        """Say that nothing of a step opened by name runs just now; a note lets it go on."""
        if step := self._open.get(name):
            step.rested = self._now()

    def close(self, name: str, *, failed: bool, note: str = "") -> None:
        """Close a step opened by name."""
        if step := self._open.pop(name, None):
            step.note = self.redact(note) or step.note
            self._end(step, failed=failed)

    def say(self, text: str) -> None:
        """Show a text that stays."""
        with self._lock:
            for view in self._views:
                view.said(self.redact(text), self._now())

    def finish(self) -> None:
        """Leave every view in order; the board is not used after."""
        with self._lock:
            for view in self._views:
                view.finish()

    @property
    def seconds(self) -> float:
        """How long the board has been in use."""
        return self._now()

    def _start(self, name: str, expected: float | None) -> Step:
        known = expected if expected is not None else self._expected(name)
        with self._lock:
            step = Step(name, self._now(), known)
            for view in self._views:
                view.opened(step, step.started)
        return step

    def _note(self, step: Step, text: str) -> None:
        with self._lock:
            step.note = self.redact(text)
            for view in self._views:
                view.noted(step, self._now())

    def _end(self, step: Step, *, failed: bool) -> None:
        with self._lock:
            now = self._now()
            ended = now if step.rested is None else step.rested
            step.seconds, step.failed = ended - step.started, failed
            if failed:
                self.failed.append(step.name)
            for view in self._views:
                view.closed(step, now)
        if not failed:
            # A step that goes on after its gate is one step to who expects it the next time.
            self._took[step.name] = self._took.get(step.name, 0.0) + step.seconds
            self._record(step.name, self._took[step.name])

    def _now(self) -> float:
        return self._clock() - self._began


def closing_line(step: Step) -> str:
    """How a step ended, in words."""
    return f"{'FAILED after' if step.failed else 'done in'} {duration(step.seconds or 0.0)}"
