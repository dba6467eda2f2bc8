"""As long as a command runs, its clusters stay within reach: a relay that dies is started again."""

from __future__ import annotations

import threading
import time

from components.errors import PlatformError
from machine.cache import Cache
from machine.docker.relay_lock import RelayLock
from machine.docker.relays import revive_relay

_LIVED_SECONDS = 5.0
_TRIES = 10
_PAUSE_SECONDS = 0.2


class Keepers:
    """A thread a cluster, which sleeps until the cluster's relay is gone, and ends when it was stopped.

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
                thread = threading.Thread(target=keep_relay, args=(cache, cluster), daemon=True)
                self._threads[cluster] = thread
                thread.start()


def keep_relay(cache: Cache, cluster: str) -> None:
    """Start a cluster's relay again whenever it dies, until it is stopped; blocks, so give it a thread.

    One that cannot be started, or dies at once each time, is given up: whoever waits for the cluster tells
    that nobody answers, and the next command says why.
    """
    lock, failures = RelayLock(cache.path("clusters", cluster)), 0
    while failures < _TRIES:
        began = time.monotonic()
        lock.await_end()
        failures = 0 if time.monotonic() - began > _LIVED_SECONDS else failures + 1
        try:
            if not revive_relay(cache, cluster):
                return
        except (PlatformError, OSError):  # its port is taken for a moment, no file descriptor is free
            time.sleep(failures * _PAUSE_SECONDS)
