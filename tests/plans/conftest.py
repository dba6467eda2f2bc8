"""Golden plans: compared as they are, written anew by `pytest tests/plans --update-golden`."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from components.catalog import fleet
from components.catalog.selection import components_of
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import renderer
from tests.components.mocks import Recorder
from tests.plans.program import GOLDEN, ROOT, Machine, Run
from tests.unit.settings.handed_over import handed_over


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


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Where plans are made."""
    warm = Cache.default()
    for built in (True, False):
        renderer(warm, Silent()).render_all(components_of("gateway-api", built=built))
    renderer(warm, Silent()).render_all(fleet.COMPONENTS)
    return Machine(tmp_path_factory.mktemp("home"), warm)


@pytest.fixture(scope="session")
def run(machine: Machine) -> Run:
    """Runs the shipped program for a plan's stack file, once for all tests."""
    platform = "kserve-platform:platform"

    @cache
    def whole(plan: str, *, preview: bool = False, encrypted: bool = False) -> Recorder:
        stack = plan.removesuffix("-built")
        config = handed_over(ROOT / "stacks" / f"Pulumi.{stack}.yaml")
        if encrypted:
            config = {**config, platform: json.dumps({**json.loads(config.get(platform, "{}")), "tls": {}})}
        recorder = Recorder(stack=stack, preview=preview, config=config)
        return machine.run(recorder, images="built" if plan != stack else "pulled")

    return whole
