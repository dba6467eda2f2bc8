"""A checkout with a program of one slow resource, and the real engine on it."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from command.display.board import Board
from command.display.plain import PlainView
from command.engine.kubernetes_plugin import KubernetesPlugin
from command.engine.places import Places
from command.engine.pulumi import Engine
from command.engine.session import end_orphans
from command.engine.store import prepare_store
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain

PLUGIN = Path(__file__).parent / "plugin"
SECRET = "hunter2-and-more"

_PROJECT = f"""\
name: kserve-platform
runtime: python
stackConfigDir: stacks
plugins:
  providers:
    - name: double
      path: {PLUGIN}
"""

_PROGRAM = """\
import pulumi

config = pulumi.Config()
inputs = {"file": config.require("file"), "hold": config.require("hold"), "fail": config.get("fail")}


class Layer(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("kserve-platform:layer:Layer", name)
        provider = pulumi.ProviderResource("double", "double", {}, pulumi.ResourceOptions(parent=self))
        options = pulumi.ResourceOptions(parent=self, provider=provider)
        known = {**inputs, "secret": pulumi.Output.secret(%r)}
        pulumi.CustomResource("double:index:Slow", "slow", known, options)
        self.register_outputs({})


Layer("layer")
pulumi.export("url", "http://127.0.0.1")
pulumi.export("kubeconfig", pulumi.Output.secret(%r))
"""


@dataclass
class Checkout:
    """A checkout under git, its cache and the engine on it.

    Attributes:
        places: Its files.
        engine: Pulumi, ready to run.
        lines: What the board was told.
        begun: File that says that the resource is being created.
        hold: While this file is there, the creation does not end.
    """

    places: Places
    engine: Engine
    lines: io.StringIO
    begun: Path
    hold: Path

    def board(self) -> Board:
        return Board([PlainView(self.lines)])

    def changed_files(self) -> str:
        """What git sees; nothing in a clean checkout."""
        command = ["git", "status", "--porcelain", "--ignored=no"]
        return subprocess.run(
            command, cwd=self.places.checkout, capture_output=True, text=True, check=True
        ).stdout

    def configure(self, **values: str) -> None:
        """Write the stack's file, and commit it."""
        rows = {"file": str(self.begun), "hold": str(self.hold), **values}
        text = "".join(f"  kserve-platform:{name}: {value}\n" for name, value in rows.items())
        self.places.stack_file.write_text(f"# kept as it is\nconfig:\n{text}")
        git(self.places.checkout, "add", "-A")
        git(self.places.checkout, "commit", "--quiet", "--allow-empty", "-m", "settings")


def git(checkout: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=checkout, check=True)


@pytest.fixture(scope="session")
def tool_folders() -> tuple[str, ...]:
    """Folders of pulumi and of this environment's Python."""
    program = Toolchain(Cache.default(), Silent()).ensure("pulumi")["pulumi"]
    return (str(Path(sys.executable).parent), str(program.parent))


@pytest.fixture
def checkout(tmp_path: Path, tool_folders: tuple[str, ...]):
    """A fresh checkout and cache; whatever a test leaves running is ended."""
    places = Places(Cache(tmp_path / "cache"), "local", tmp_path / "checkout")
    places.stack_file.parent.mkdir(parents=True)
    (places.checkout / "Pulumi.yaml").write_text(_PROJECT)
    (places.checkout / "__main__.py").write_text(_PROGRAM % (SECRET, SECRET))
    (places.checkout / ".gitignore").write_text("__pycache__/\n")
    git(places.checkout, "init", "--quiet")
    plugin = KubernetesPlugin(official=False, folder=None, words="none")
    engine = Engine(places, tool_folders, plugin)
    made = Checkout(places, engine, io.StringIO(), tmp_path / "begun", tmp_path / "hold")
    made.configure()
    prepare_store(places, engine.variables())
    yield made
    made.hold.unlink(missing_ok=True)
    end_orphans(places.session)
    shutil.rmtree(tmp_path, ignore_errors=True)
