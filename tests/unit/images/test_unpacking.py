"""A container that unpacks: when it counts as lost."""

from __future__ import annotations

import pytest

from machine.images import unpacking
from machine.images.unpacking import Signs


class Clock:
    """A double of the clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(unpacking, "time", clock)
    return clock


def test_a_container_without_processes_for_over_a_minute_is_lost(clock: Clock) -> None:
    signs = Signs(lambda: False)

    clock.now += 60
    assert not signs.lost()
    clock.now += 0.1
    assert signs.lost()


def test_a_sign_of_life_gives_it_another_minute(clock: Clock) -> None:
    answers = iter([True, False, False])
    signs = Signs(lambda: next(answers))

    clock.now += 500
    assert not signs.lost()
    clock.now += 60
    assert not signs.lost()
    clock.now += 0.1
    assert signs.lost()
