"""Golden plans: compared as they are, written anew by `pytest tests/plans --update-golden`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden plans anew")


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """The program heeds interrupts in a way of its own; here it runs in the process of the tests."""
    heeded = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, heeded)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """Gives the golden text of a name; writes the one it is told first when asked to on the command line."""

    def expected(name: str, told: str) -> str:
        file = GOLDEN / f"{name}.txt"
        # Where pytest was started for more than this folder, it does not know the option.
        if request.config.getoption("--update-golden", default=False):
            file.write_text(told, encoding="utf-8")
        return file.read_text(encoding="utf-8")

    return expected
