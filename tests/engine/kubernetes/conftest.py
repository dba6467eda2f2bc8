"""Programs of pulumi_kubernetes under the real engine and our plugin, on a cluster or a double of one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain
from providers.rpc import reveal
from tests.cluster.kind.conftest import images, machine_of_tests
from tests.engine.kubernetes.world import World
from tests.engine.programs import HEEDS_INTERRUPTS, UNASKED
from tests.unit.kubernetes_provider.apidouble import ApiDouble

__all__ = ["images"]

_ROOT = Path(__file__).parents[3]
_SECONDS = 120
_COUNTED = re.compile(
    r"^\s+(?:\d+ changes?\. )?(?:[-+~]{1,2} ?)?(\d+) (created|updated|replaced|deleted|unchanged|errored)\b",
    re.MULTILINE,
)
_HEAD = """\
import pulumi
import pulumi_kubernetes as k8s
from pulumi import ResourceOptions as Options

"""


@dataclass(frozen=True)
class Ran:
    """How a command of Pulumi's ended."""

    status: int
    output: str

    def counts(self) -> dict[str, int]:
        """What the summary counts: `{"created": 2, "unchanged": 1}`."""
        found = _COUNTED.findall(self.output)
        return {word: int(number) for number, word in found}


def end(process: subprocess.Popen[str]) -> None:
    """Kill what a test started and all that it started, if it still runs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@dataclass
class Stack:
    """A project in a folder of the test's, with one stack."""

    folder: Path
    variables: dict[str, str]
    name: str = "test"

    def program(self, text: str) -> None:
        """Write the program; pulumi, k8s and Options are imported."""
        (self.folder / "__main__.py").write_text(HEEDS_INTERRUPTS + _HEAD + text)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start Pulumi in a session of its own, as a terminal does."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--stack", self.name],
            cwd=self.folder,
            env={**self.variables, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def pulumi(self, *arguments: str, **variables: str) -> Ran:
        """Run Pulumi to its end."""
        process = self.start(*arguments, **variables)
        try:
            output, _ = process.communicate(timeout=_SECONDS)
        finally:
            end(process)
        return Ran(process.returncode, output)

    def up(self, *options: str, **variables: str) -> Ran:
        """`pulumi up`, without its preview."""
        return self.pulumi("up", "--yes", "--skip-preview", *options, **variables)

    def settled(self) -> bool:
        """Whether a preview shows no change."""
        return self.pulumi("preview", "--expect-no-changes").status == 0

    def state(self) -> dict[str, dict[str, Any]]:
        """The resources of the state, by name."""
        exported = json.loads(self.pulumi("stack", "export").output)
        resources = exported["deployment"].get("resources") or []
        return {each["urn"].rsplit("::", 1)[1]: each for each in resources}


@pytest.fixture(scope="session")
def search_path() -> str:
    found = Toolchain(Cache.default(), Silent()).ensure("pulumi", "helm")
    tools = [str(found[name].parent) for name in ("pulumi", "helm")]
    parts = [str(Path(sys.executable).parent), *tools, str(_ROOT / "providers" / "standin")]
    return os.pathsep.join([*parts, os.environ["PATH"]])


@pytest.fixture
def api() -> Iterator[ApiDouble]:
    double = ApiDouble()
    yield double
    double.close()


@pytest.fixture(scope="module")
def kind_kubeconfig(images: tuple[str, str]) -> Iterator[str]:
    """A kind cluster of one module's own."""
    with machine_of_tests(images) as clusters:
        yield str(reveal(clusters.create(clusters.inputs("standin"))["kubeconfig"]))


@pytest.fixture
def world(kind_kubeconfig: str) -> Iterator[World]:
    """Where a scenario is played."""
    made = World(kind_kubeconfig)
    made.open()
    yield made
    made.close()


@pytest.fixture
def stack(tmp_path: Path, search_path: str, world: World) -> Stack:
    return make_stack(tmp_path, search_path, world.kubeconfig, "test")


def make_stack(home: Path, search_path: str, kubeconfig: str, name: str, project: str = "example") -> Stack:
    """Make a project and a stack in a backend of the test's own."""
    folder = home / f"project-{name}"
    for each in (folder, home / "state"):
        each.mkdir(exist_ok=True)
    (home / "kubeconfig").write_text(kubeconfig)
    (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
    variables = {
        **{key: item for key, item in os.environ.items() if not key.startswith("PULUMI_K8S_")},
        "PATH": search_path,
        "KUBECONFIG": str(home / "kubeconfig"),
        "PULUMI_HOME": str(home / "home"),
        "PULUMI_BACKEND_URL": f"file://{home}/state",
        "PULUMI_CONFIG_PASSPHRASE": "fixture",
        **UNASKED,
    }
    made = Stack(folder, variables, name)
    ran = made.pulumi("stack", "init")
    assert ran.status == 0, ran.output
    return made
