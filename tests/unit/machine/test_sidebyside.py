"""Several things at once: all results, all failures, and Ctrl-C for all of them."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.process import run_logged
from machine.sidebyside import side_by_side


def _refuse(what: str) -> None:
    raise PlatformError.single(what)


def test_results_come_in_the_order_of_the_tasks() -> None:
    second = threading.Event()

    def first() -> int:
        assert second.wait(10)
        return 1

    def last() -> int:
        second.set()
        return 2

    assert side_by_side([first, last]) == [1, 2]


def test_one_task_or_none_needs_no_thread() -> None:
    assert side_by_side([threading.current_thread]) == [threading.current_thread()]
    assert side_by_side([]) == []


def test_the_problems_of_all_tasks_are_told_once_each() -> None:
    tasks = [partial(_refuse, "one"), partial(_refuse, "two"), partial(_refuse, "one")]
    with pytest.raises(PlatformError) as caught:
        side_by_side(tasks)
    assert str(caught.value) == "one\n\ntwo"


def test_a_single_failure_keeps_its_own_type() -> None:
    class Special(PlatformError):
        pass

    def fail() -> None:
        raise Special

    with pytest.raises(Special):
        side_by_side([fail, lambda: None])


def test_a_fault_of_ours_is_not_hidden_among_problems() -> None:
    def fault() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side_by_side([partial(_refuse, "one"), fault])


def test_interrupting_ends_the_programs_of_every_task(tmp_path: Path) -> None:
    started = threading.Barrier(3)

    def work(name: str) -> None:
        run_logged(
            ["sh", "-c", "echo go; exec sleep 60"], tmp_path / name, on_line=lambda _: started.wait(10)
        )

    def interrupt() -> None:
        started.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    with pytest.raises(KeyboardInterrupt):
        side_by_side([partial(work, "one"), partial(work, "two")])
    watcher.join(10)
    assert not watcher.is_alive()
