"""What holds for every test."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

# A script's background job ignores interrupts, and so does whatever it starts: tests that interrupt would
# wait for ever there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files that need a cluster first, the fullest at the head: one left for the end keeps a core idle.

    Its own order (by number of tests) is forbidden to pytest-xdist in the Makefile; it would undo this one.
    """
    slow = {item.path for item in items if item.get_closest_marker("cluster")}
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in slow, -tests[item.path], item.path))
