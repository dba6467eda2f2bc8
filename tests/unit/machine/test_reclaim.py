"""Emptying Go's caches: what rendering reads stays, and nothing is taken from a build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.catalog.modules import GoModule
from machine.cache import Cache
from machine.gomodules import IN_USE, GoModules
from machine.reclaim import ENOUGH, is_short, make_room, reclaim_go, verified_folders
from tests.unit.images.doubles import RecordingReporter

KEPT = GoModule("example.com/kept", "v1.0.0", "h1:a=", "h1:b=")


@pytest.fixture
def modules(cache: Cache, fake_go: Any) -> GoModules:
    modules = GoModules(cache, fake_go.program, pins=[])
    fake_go.serve(KEPT, {"charts/values.yaml": "values"})
    modules.download(KEPT)
    for name in ("example.com/other@v1.0.0/code.go", "other.com/x@v1/code.go", "cache/download/x.zip"):
        _file(cache.path("go", "mod", name))
    _file(cache.path("go", "build", "00", "object"))
    return modules


def _file(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("content")


def _files(cache: Cache) -> set[str]:
    go = cache.path("go")
    return {str(file.relative_to(go)) for file in go.rglob("*") if file.is_file()}


def test_only_verified_module_folders_stay(cache: Cache, modules: GoModules) -> None:
    reclaim_go(cache)
    assert _files(cache) == {
        "mod/example.com/kept@v1.0.0/go.mod",
        "mod/example.com/kept@v1.0.0/go.sum",
        "mod/example.com/kept@v1.0.0/charts/values.yaml",
        "verified/example.com%2Fkept@v1.0.0",
    }


def test_a_kept_module_needs_no_go_command(cache: Cache, modules: GoModules, fake_go: Any) -> None:
    reclaim_go(cache)
    before = len(fake_go.calls())
    assert modules.download(KEPT) == cache.path("go", "mod", "example.com/kept@v1.0.0")
    assert len(fake_go.calls()) == before


def test_nothing_is_taken_from_a_build(cache: Cache, modules: GoModules) -> None:
    files = _files(cache)
    with cache.lock(*IN_USE, shared=True):
        assert reclaim_go(cache) == 0
    assert _files(cache) == files


def test_what_a_kill_left_half_removed_goes_the_next_time(cache: Cache, modules: GoModules) -> None:
    _file(cache.path("go", "build.removed", "01", "object"))
    reclaim_go(cache)
    assert not cache.path("go", "build.removed").exists()


def test_an_empty_cache_gives_nothing_back(tmp_path: Path) -> None:
    assert reclaim_go(Cache(tmp_path)) == 0
    assert verified_folders(Cache(tmp_path)) == frozenset()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("free", "builds", "short"),
    [(ENOUGH, False, False), (ENOUGH - 1, False, True), (ENOUGH - 1, True, False), (0, True, False)],
)
def test_go_gives_its_room_back_only_on_a_short_disk_with_nothing_left_to_build(
    free: int, builds: bool, short: bool
) -> None:
    assert is_short(free, builds=builds) is short


def test_room_is_made_once_and_told(
    cache: Cache, modules: GoModules, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = RecordingReporter()
    before = _files(cache)
    monkeypatch.setattr("machine.reclaim._free", lambda path: ENOUGH)
    assert (make_room(cache, report), _files(cache), report.steps) == (0, before, [])
    monkeypatch.setattr("machine.reclaim._free", lambda path: 0)
    make_room(cache, report, builds=True)
    assert _files(cache) == before
    make_room(cache, report)
    make_room(cache, report)
    assert not cache.path("go", "build").exists()
    assert report.steps == ["empty Go's caches: the disk is short"]
