"""A program of our own resources, the real engine on it, a double of a cluster behind it."""

from __future__ import annotations

import hashlib
import json
import os
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
from tests.engine.platform.api_server import ApiServerDouble
from tests.engine.programs import HEEDS_INTERRUPTS, UNASKED

_ROOT = Path(__file__).parents[3]
_SECONDS = 120
_PROJECT = f"""\
name: example
runtime: python
plugins:
  providers:
    - name: kserve-cluster
      path: {_ROOT}/providers/bin
"""


@dataclass(frozen=True)
class Ran:
    """How a command of Pulumi's ended."""

    status: int
    output: str


@dataclass
class Stack:
    """A project in a folder of the test's.

    Attributes:
        folder: The project.
        variables: The environment that Pulumi runs with.
    """

    folder: Path
    variables: dict[str, str]

    def program(self, text: str) -> None:
        """Write the program."""
        (self.folder / "__main__.py").write_text(HEEDS_INTERRUPTS + text)

    def pulumi(self, *arguments: str) -> Ran:
        """Run Pulumi to its end."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout)

    def up(self, *options: str) -> Ran:
        """`pulumi up`."""
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def state(self) -> dict[str, dict[str, Any]]:
        """Resources of the state, by type."""
        exported = json.loads(self.pulumi("stack", "export").output)
        return {each["type"]: each for each in exported["deployment"]["resources"]}


@pytest.fixture(scope="session")
def search_path() -> str:
    pulumi = Toolchain(Cache.default(), Silent()).ensure("pulumi")["pulumi"]
    return os.pathsep.join([str(Path(sys.executable).parent), str(pulumi.parent), os.environ["PATH"]])


@pytest.fixture
def stack(tmp_path: Path, search_path: str) -> Stack:
    folder = tmp_path / "project"
    for each in (folder, tmp_path / "state"):
        each.mkdir()
    (folder / "Pulumi.yaml").write_text(_PROJECT)
    variables = {
        **os.environ,
        "PATH": search_path,
        "PYTHONPATH": str(_ROOT),
        "KSERVE_PLATFORM_CACHE": str(tmp_path / "cache"),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "for this test",
        **UNASKED,
    }
    made = Stack(folder, variables)
    ran = made.pulumi("stack", "init", "test")
    assert ran.status == 0, ran.output
    return made


@pytest.fixture
def api_server() -> Iterator[ApiServerDouble]:
    server = ApiServerDouble()
    yield server
    server.close()


def crd_spec(name: str) -> dict[str, Any]:
    """What the rendered file says of a CRD."""
    plural, _, group = name.partition(".")
    return {"group": group, "names": {"plural": plural}, "versions": [{"name": "v1", "served": True}]}


@pytest.fixture
def crd_file(tmp_path: Path) -> dict[str, Any]:
    """A rendered CRD file in the cache, and what a program says of it."""
    names = ["gates.example.org", "walls.example.org"]
    items = [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": crd_spec(name),
        }
        for name in names
    ]
    file = tmp_path / "cache" / "rendered" / "k" / "crds.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"path": "rendered/k/crds.json", "sha256": digest, "names": names}
