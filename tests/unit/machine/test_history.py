"""How long steps took: remembered, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.cache import Cache
from machine.history import History


def test_a_step_is_remembered_from_run_to_run(tmp_path: Path) -> None:
    History(Cache(tmp_path)).record("build kind", 12.345)
    History(Cache(tmp_path)).record("build helm", 50.0)
    assert History(Cache(tmp_path)).expected("build kind") == 12.3
    assert History(Cache(tmp_path)).expected("build helm") == 50.0


def test_nobody_knows_a_step_that_was_never_done(tmp_path: Path) -> None:
    assert History(Cache(tmp_path)).expected("build kind") is None


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"build kind": "long"}'])
def test_a_damaged_history_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "history.json").write_text(text)
    assert History(Cache(tmp_path)).expected("build kind") is None
