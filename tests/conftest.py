"""What holds for every test."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

# A script's background job ignores interrupts, and so does whatever it starts: tests that interrupt would
# wait for ever there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Folders whose files share what is costly to make: a kind cluster, the double of AWS, plans.
TOGETHER = ("tests/engine/eks", "tests/engine/kubernetes", "tests/plans")
# What takes longest begins first: a long one left for the end keeps a core idle.
FIRST = (
    "tests/cluster/platform",
    "tests/engine/kubernetes",
    "tests/cluster/kind/test_kind_cluster",
    "tests/engine/eks",
    "tests/cluster",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first.

    Its own order (by number of tests) is forbidden to pytest-xdist in the Makefile; it would undo this one.
    """
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(test: str) -> int:
    return next((turn for turn, begin in enumerate(FIRST) if test.startswith(begin)), len(FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Have one worker run all tests of a file, or of a folder whose files share something."""
    return _Scheduling(config, log)


class _Scheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder = file.rpartition("/")[0]
        return folder if folder in TOGETHER else file
