"""Steps as lines, for logs and pipes: one when a step begins, one when it ends, few between."""

from __future__ import annotations

from typing import TextIO

from command.display.board import Step, closing_line
from command.display.words import duration

_BRIEF_SECONDS = 3.0
_NOTE_EVERY_SECONDS = 15.0


class PlainView:
    """Writes a line for each thing that happened, with the seconds since the start before it."""

    def __init__(self, stream: TextIO, *, note_every: float = _NOTE_EVERY_SECONDS) -> None:
        """Take the stream to write to.

        Args:
            stream: Where lines go.
            note_every: Seconds between two notes of one step; a build says something many times a second.
        """
        self._stream = stream
        self._note_every = note_every
        self._last: dict[int, float] = {}

    def opened(self, step: Step, now: float) -> None:
        """Announce a step, unless it is expected to be over at once."""
        self._last[id(step)] = now
        if step.expected is None or step.expected >= _BRIEF_SECONDS:
            about = f" (about {duration(step.expected)})" if step.expected else ""
            self._line(now, f"{step.name} ...{about}")

    def noted(self, step: Step, now: float) -> None:
        """Pass a note on, if the last one of this step is a while ago."""
        if now - self._last.get(id(step), now) >= self._note_every:
            self._last[id(step)] = now
            self._line(now, f"{step.name}: {step.note}")

    def closed(self, step: Step, now: float) -> None:
        """Say how a step ended."""
        self._last.pop(id(step), None)
        note = f" ({step.note})" if step.note else ""
        self._line(now, f"{step.name}: {closing_line(step)}{note}")

    def said(self, text: str, now: float) -> None:
        """Write a text as it is."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def finish(self) -> None:
        """Leave nothing in a buffer."""
        self._stream.flush()

    def _line(self, now: float, text: str) -> None:
        self._stream.write(f"{now:7.1f} s  {' '.join(text.split())}\n")
        self._stream.flush()
