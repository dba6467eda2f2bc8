"""How long work tells what it is doing, without knowing who listens.

Whoever works takes a `Reporter` and opens a step; the command draws steps live in a terminal or line
by line in a log, and tests record them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Note = Callable[[str], None]
"""Says in a few words what a step is doing at this moment."""


class Reporter(Protocol):
    """Receives the steps of long work; safe to call from several threads."""

    def step(self, name: str, *, expected: float | None = None) -> AbstractContextManager[Note]:
        """Open a step; leaving it normally is success, an exception is failure.

        Args:
            name: What is done, in the imperative, the same from run to run ("build kubectl").
            expected: Seconds it is expected to take; None where nobody knows.
        """
        ...


class Silent:
    """Reports to nobody."""

    def step(self, name: str, *, expected: float | None = None) -> AbstractContextManager[Note]:
        return nullcontext(lambda text: None)
