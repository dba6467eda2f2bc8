"""A project whose program is the AWS side of a stack file, and the real engine on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.aws.plugin.__main__ import ENDPOINT
from tests.aws.server.process import AwsDouble
from tests.engine.programs import UNASKED

ROOT = Path(__file__).parents[3]
PREFIX = "kserve-platform"
_SECONDS = 600
_COUNTED = re.compile(
    r"^\s+(?:\d+ changes?\. )?(?:[-+~]{1,2} ?)?(\d+) (?:to )?(creat|updat|replac|delet|unchanged|errored)",
    re.MULTILINE,
)
_PROJECT = f"""\
name: {PREFIX}
runtime: python
plugins:
  providers:
    - name: kserve-cluster
      path: {ROOT}/providers/bin
"""
INFRASTRUCTURE = """\
import json

import pulumi

from components.cluster.eks.create import create_infrastructure
from components.settings.eks.readers import readers_of
from components.settings.load import load

with open("config.json", encoding="utf-8") as file:
    settings = load(json.load(file))
readers = readers_of(settings.cluster, settings.services)
create_infrastructure(settings.cluster, pulumi.get_stack(), readers=readers)
"""
"""The AWS side of a stack."""
WHOLE_PROGRAM = f"""\
import runpy

runpy.run_path("{ROOT}/__main__.py", run_name="__main__")
"""
"""The program as it is shipped; it reads the stack file that lies beside it."""


@dataclass(frozen=True)
class Ran:
    """How a command of Pulumi's ended.

    Attributes:
        status: Exit status.
        output: All that was said.
        calls: What AWS was asked meanwhile, in order.
        seconds: How long it took.
    """

    status: int
    output: str
    calls: tuple[Mapping[str, Any], ...]
    seconds: float

    def counts(self) -> dict[str, int]:
        """What the summary counts, by the beginning of its word: `{"creat": 2, "unchanged": 1}`."""
        return {word: int(number) for number, word in _COUNTED.findall(self.output)}

    def did(self, *operations: str) -> list[str]:
        """The resources that operations were called for, successfully, in their order."""
        return [
            call["resource"]
            for call in self.calls
            if call["operation"] in operations and call["status"] < 300
        ]

    def changes(self) -> list[str]:
        """The calls that changed anything, as `Operation resource`."""
        asking = ("Describe", "Get", "Head", "List")
        return [
            f"{call['operation']} {call['resource']}"
            for call in self.calls
            if not call["operation"].startswith(asking) and call["status"] < 300
        ]


@dataclass(frozen=True)
class Previewed:
    """A first preview, and everything that the account had before it."""

    ran: Ran
    account: set[str]


@dataclass
class Stack:
    """One stack of the project.

    Attributes:
        folder: The project.
        name: The stack's name, which is that of its stack file.
        aws: The double of AWS.
        variables: The environment that Pulumi runs with.
        config: The stack file's content, which tests change.
    """

    folder: Path
    name: str
    aws: AwsDouble
    variables: dict[str, str]
    config: dict[str, Any] = field(default_factory=dict)

    def settings(self, **changes: Any) -> None:
        """Change keys of the cluster's settings."""
        self.config[f"{PREFIX}:cluster"] |= changes
        (self.folder / "config.json").write_text(json.dumps(self.config))

    def pulumi(self, *arguments: str) -> Ran:
        """Run Pulumi to its end."""
        self.aws.calls()
        begin = time.monotonic()
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never", "--stack", self.name],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        seconds = time.monotonic() - begin
        return Ran(done.returncode, done.stdout, tuple(self.aws.calls()), seconds)

    def up(self, *options: str) -> Ran:
        """`pulumi up`, without its preview."""
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def destroy(self) -> Ran:
        """`pulumi destroy`, without its preview."""
        return self.pulumi("destroy", "--yes", "--skip-preview")

    def resources(self) -> list[dict[str, Any]]:
        """The resources of AWS in the state."""
        exported = json.loads(self.pulumi("stack", "export").output)
        found = exported["deployment"].get("resources") or []
        return [each for each in found if each["type"].startswith("aws:")]


def make_stack(
    folder: Path, name: str, aws: AwsDouble, search_path: str, program: str = INFRASTRUCTURE
) -> Stack:
    """Make the project and the stack, with a backend of their own.

    Args:
        folder: Where.
        name: Of the stack, and of its stack file.
        aws: The double of AWS.
        search_path: PATH of the engine.
        program: The program.
    """
    project = folder / "project"
    for each in (project, folder / "state"):
        each.mkdir()
    (project / "Pulumi.yaml").write_text(_PROJECT)
    (project / "__main__.py").write_text(program)
    inherited = {key: text for key, text in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    variables = {
        **inherited,
        "PATH": search_path,
        "PYTHONPATH": str(ROOT),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder}/state",
        "PULUMI_CONFIG_PASSPHRASE": "for this test",
        **UNASKED,
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        # Each step of 350 resources would write all of them: 40 of the 80 seconds of CPU of a stack's life.
        # What is written while others work is tested in tests/engine/command, on the local stack's engine.
        "PULUMI_SKIP_CHECKPOINTS": "true",
        ENDPOINT: aws.url,
        # Nothing on this machine tells a client of AWS who it is, and nothing is asked for it.
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    made = Stack(project, name, aws, variables, dict(yaml.safe_load(_stack_file(name))["config"]))
    made.settings()
    ran = made.pulumi("stack", "init")
    assert ran.status == 0, ran.output
    return made


def make_whole_stack(folder: Path, name: str, aws: AwsDouble, search_path: str) -> Stack:
    """Make the project of the program as it is shipped, with its stack file."""
    made = make_stack(folder, name, aws, search_path, WHOLE_PROGRAM)
    (made.folder / f"Pulumi.{name}.yaml").write_text(_stack_file(name), encoding="utf-8")
    return made


def _stack_file(name: str) -> str:
    return (ROOT / "stacks" / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
