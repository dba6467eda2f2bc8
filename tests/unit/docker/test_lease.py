"""Leases: the engine is not stopped under somebody's hands."""

from __future__ import annotations

from pathlib import Path

from machine.cache import Cache
from machine.docker.lease import engine_lease, nobody_uses_it


def test_nobody_uses_an_engine_without_leases(tmp_path: Path) -> None:
    with nobody_uses_it(Cache(tmp_path)) as alone:
        assert alone


def test_a_lease_keeps_the_engine_and_its_end_frees_it(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with engine_lease(cache), engine_lease(cache), nobody_uses_it(cache) as alone:
        assert not alone
    with nobody_uses_it(cache) as alone:
        assert alone
