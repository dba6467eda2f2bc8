"""Who uses the private engine at this moment, kept by the kernel: a killed user leaves no claim."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine.cache import Cache


@contextmanager
def engine_lease(cache: Cache) -> Iterator[None]:
    """Keep `stop_engine_if_unused` of any process from stopping the engine meanwhile (this one's too)."""
    with open(_file(cache), "a", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def nobody_uses_it(cache: Cache) -> Iterator[bool]:
    """Whether nobody holds a lease; if so nobody can take one until the block is left."""
    with open(_file(cache), "a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _file(cache: Cache) -> Path:
    return cache.folder("locks") / "docker-lease.lock"
