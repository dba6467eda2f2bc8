"""Long programs inside an operation: logged, told, ended when the user asks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.process import CommandFailed
from providers.platform.work import Cancelled, Work


def _work(root: Path) -> Work:
    return Work(Cache(root), lambda text: None, threading.Event())


def _run(work: Work, script: str, lines: list[str], seconds: float = 30) -> None:
    log = work.cache.path("log")
    work.run_logged(
        ["sh", "-c", script],
        log,
        environment={"PATH": "/usr/bin:/bin"},
        on_line=lines.append,
        seconds=seconds,
    )


def test_each_line_is_told_and_logged(tmp_path: Path) -> None:
    lines: list[str] = []
    _run(_work(tmp_path), "echo one; echo two >&2", lines)
    assert lines == ["one", "two"]
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_a_failure_tells_status_and_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as failed:
        _run(_work(tmp_path), "echo why; exit 3", [])
    assert (failed.value.status, failed.value.tail) == (3, "why")


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as failed:
        _run(_work(tmp_path), "exec sleep 60", [], seconds=0.1)
    assert failed.value.status is None


def test_a_silent_program_ends_when_the_user_asks_to_stop(tmp_path: Path) -> None:
    work = _work(tmp_path)
    threading.Timer(0.3, work.cancelled.set).start()
    with pytest.raises(Cancelled):
        _run(work, "exec sleep 60", [])


def test_a_pause_tells_whether_there_is_time_left(tmp_path: Path) -> None:
    work = _work(tmp_path)
    assert work.pause(deadline=float("inf"), seconds=0.0)
    assert not work.pause(deadline=0.0)
