"""Doing several things at once, so that Ctrl-C ends all of them and every failure is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from components.errors import PlatformError, Problem
from machine.process import Stopped, stop_programs

_T = TypeVar("_T")


def side_by_side(tasks: Sequence[Callable[[], _T]], *, workers: int | None = None) -> list[_T]:
    """Do tasks in threads and return what they return, in their order.

    One that fails does not stop the others: what they finish is there the next time. Whatever interrupts the
    waiting itself (Ctrl-C) ends the programs that the tasks run, and then is raised.

    Args:
        tasks: What to do.
        workers: How many at once; all of them by default.

    Raises:
        PlatformError: Some failed; the problems of all, each once, in the order of the tasks.
    """
    if len(tasks) < 2:
        return [task() for task in tasks]
    with ThreadPoolExecutor(max_workers=workers or len(tasks)) as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            wait(futures)
        except BaseException:
            with stop_programs():
                pool.shutdown(wait=True, cancel_futures=True)
            raise
    _raise_failures(futures)
    return [future.result() for future in futures]


def _raise_failures(futures: Sequence[Future[_T]]) -> None:
    failures = [error for future in futures if (error := future.exception())]
    # Anything unforeseen is a fault of ours and shows its stack.
    for failure in failures:
        if not isinstance(failure, PlatformError) or isinstance(failure, Stopped):
            raise failure
    if len(failures) == 1:
        raise failures[0]
    problems: list[Problem] = [
        p for error in failures if isinstance(error, PlatformError) for p in error.problems
    ]
    if problems:
        raise PlatformError(*dict.fromkeys(problems))
