"""How much a client asks of an API server: requests a second, and how long it waits for one answer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limits:
    """What the user allows a client.

    Attributes:
        qps: Requests a second in the long run; None for as many as the server takes.
        burst: Requests that may be sent at once before that holds; at least one.
        seconds: From sending a request to the end of its answer; None for no such limit.
    """

    qps: float | None = None
    burst: int = 1
    seconds: float | None = None


UNLIMITED: Final = Limits()


class Pace:
    """A bucket of tokens: it holds `burst`, a request takes one, and `qps` come back each second.

    Fact: k8s.io/client-go util/flowcontrol does the same, over golang.org/x/time/rate.
    """

    def __init__(self, limits: Limits) -> None:
        self._qps = limits.qps
        self._burst = max(1, limits.burst)
        self._tokens = float(self._burst)
        self._at: float | None = None
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Take the next token and return the seconds until it may be used; `now` is a monotonic clock's."""
        if self._qps is None or self._qps <= 0:
            return 0.0
        with self._lock:
            passed = 0.0 if self._at is None else max(0.0, now - self._at)
            self._at = now if self._at is None else max(self._at, now)
            self._tokens = min(float(self._burst), self._tokens + passed * self._qps) - 1.0
            return max(0.0, -self._tokens / self._qps)

    def wait(self, cancelled: threading.Event) -> None:
        """Wait for the next token; one who wants to stop waits no longer, for what is begun must be told."""
        seconds = self.reserve(time.monotonic())
        if seconds > 0:
            cancelled.wait(seconds)
