"""A relay is known by the lock that it holds and by the pid that it wrote there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import IO

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.docker import relays


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


@pytest.fixture
def held(cache: Cache) -> Iterator[IO[str]]:
    """The lock, as a relay holds it that has only just been started."""
    with open(cache.folder("clusters", "it") / "relay.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def test_a_lock_that_nobody_holds_is_no_relay(cache: Cache) -> None:
    (cache.folder("clusters", "it") / "relay.lock").write_text("1\n")
    assert not relays.relay_runs(cache, "it")


def test_a_relay_that_is_only_just_starting_is_waited_for(cache: Cache, held: IO[str]) -> None:
    writing = Timer(0.2, os.write, (held.fileno(), f"{os.getpid()}\n".encode()))
    writing.start()
    assert relays.relay_runs(cache, "it")
    assert (cache.path("clusters", "it") / "relay.lock").read_text() == f"{os.getpid()}\n"
    writing.join()


def test_a_lock_whose_holder_never_says_who_it_is_is_told(
    cache: Cache, held: IO[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "_READY_SECONDS", 0.05)
    with pytest.raises(PlatformError) as told:
        relays.stop_relays(cache, "it")
    assert str(told.value) == (
        "The relay to the cluster's ports neither starts nor ends\n"
        f"  seen: the lock {held.name} is held, and no process id is in it\n"
        "  do:   End the process that holds it, then run this again."
    )


def test_keeping_a_relay_that_was_stopped_ends(cache: Cache) -> None:
    relays.keep_relay(cache, "it")
    assert not relays.relay_runs(cache, "it")
