"""Which controllers a machine mounts, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.docker import cgroups


def _mounted(monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str, str]]) -> list[str]:
    monkeypatch.setattr(cgroups, "_mounts", lambda: rows)
    return cgroups.missing_controllers()


def test_version_one_has_a_hierarchy_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("/c/cpu", "cgroup", "rw,cpu,cpuacct"), ("/c/memory", "cgroup", "rw,memory")]
    assert _mounted(monkeypatch, rows) == ["cpuset", "pids"]


def test_version_two_lists_them_in_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    assert _mounted(monkeypatch, [(str(tmp_path), "cgroup2", "rw")]) == []


def test_nothing_mounted_misses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _mounted(monkeypatch, [("/", "ext4", "rw")]) == ["cpu", "cpuset", "memory", "pids"]
