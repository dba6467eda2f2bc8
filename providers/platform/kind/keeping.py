"""As long as a program runs, its clusters stay within reach: a relay that dies is started again."""

from __future__ import annotations

import contextlib
import threading

from components.errors import PlatformError
from machine.cache import Cache
from machine.docker.relays import keep_relay


class Keepers:
    """A thread a cluster, which sleeps until the cluster's relay is gone and ends when it was stopped.

    Without it everything on the cluster waited to its deadline for a server that nobody could reach (soaked).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}

    def keep(self, cache: Cache, cluster: str) -> None:
        """Keep a cluster's relay running, if it has one."""
        with self._lock:
            known = self._threads.get(cluster)
            if known is None or not known.is_alive():
                thread = threading.Thread(target=_keep, args=(cache, cluster), daemon=True)
                self._threads[cluster] = thread
                thread.start()


def _keep(cache: Cache, cluster: str) -> None:
    # It cannot be started again: whoever waits for the cluster tells that nobody answers, and the next
    # command why.
    with contextlib.suppress(PlatformError):
        keep_relay(cache, cluster)
