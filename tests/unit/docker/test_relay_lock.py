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
from machine.docker import relay_lock
from machine.docker.relay_lock import RelayLock
from machine.docker.relays import relay_runs, revive_relay, stop_relays


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
    assert not relay_runs(cache, "it")


def test_a_relay_that_is_only_just_starting_is_there_and_is_waited_for_to_say_who_it_is(
    cache: Cache, held: IO[str]
) -> None:
    assert relay_runs(cache, "it")
    writing = Timer(0.2, os.write, (held.fileno(), f"{os.getpid()}\n".encode()))
    writing.start()
    assert RelayLock(cache.path("clusters", "it")).holder() == os.getpid()
    writing.join()


def test_a_lock_whose_holder_never_says_who_it_is_is_told(
    cache: Cache, held: IO[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_lock, "_PID_SECONDS", 0.05)
    with pytest.raises(PlatformError) as told:
        stop_relays(cache, "it")
    assert str(told.value) == (
        "The relay to the cluster's ports neither starts nor ends\n"
        f"  seen: {held.name} is locked, and no process id is in it\n"
        f"  do:   End the process that `fuser {held.name}` names, then run this again."
    )


@pytest.mark.parametrize("plan", ["", '["/nonexistent", 1, [[8080, 80]]]'], ids=["none", "other-namespace"])
def test_a_relay_is_not_revived_that_nobody_wants_or_whose_namespace_is_gone(cache: Cache, plan: str) -> None:
    if plan:
        (cache.folder("clusters", "it") / "relay.json").write_text(plan)
    assert not revive_relay(cache, "it")
    assert not relay_runs(cache, "it")
