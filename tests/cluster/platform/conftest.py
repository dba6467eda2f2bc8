"""The README's first command, in a copy of the checkout and as a stack of its own in the user's cache."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.docker.ports import free_port

CHECKOUT = Path(__file__).resolve().parents[3]
# The same at every run, so that what a killed one left is taken away; another in every checkout.
# The name says which policies apply: without its end they would be those of production.
STACK = f"e2e-{hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:6]}-dev"
HOST = "torchserve.kserve-test.example.com"

_SETTINGS = """\
config:
  kserve-platform:cluster:
    provider: kind
    images: build
    ports: {{ingress: {port}}}
  kserve-platform:platform:
    resourceProfile: local
  kserve-platform:services:
    torchserve: {{example: mnist{more}}}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status and everything it printed."""

    status: int
    output: str


@dataclass
class Platform:
    """A stack as its user has it: a checkout, a cache, a shell.

    Attributes:
        checkout: A copy of this checkout under git.
        cache: The user's.
        port: Where the ingress answers on 127.0.0.1.
        up: What the first `make up` printed.
    """

    checkout: Path
    cache: Cache
    port: int = field(default_factory=free_port)
    up: str = ""

    def configure(self, more: str = "") -> None:
        """Write the stack file.

        Args:
            more: Further settings of the service, after a comma.
        """
        file = self.checkout / "stacks" / f"Pulumi.{STACK}.yaml"
        file.write_text(_SETTINGS.format(port=self.port, more=more))
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", "settings")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.hooksPath=/dev/null"]
        return self._run("git", *identity, *arguments).output

    def make(self, target: str) -> Ended:
        """Run a command of the README."""
        return self._run("make", target, f"STACK={STACK}")

    def must(self, target: str) -> str:
        """As `make`, and it has to end well."""
        ended = self.make(target)
        assert ended.status == 0, ended.output
        return ended.output

    def shell(self, line: str) -> Ended:
        """Run a line as a person types it after `eval "$(make -s env)"`."""
        return self._run("bash", "-c", f'eval "$(make -s env STACK={STACK})" && {line}')

    def kubectl(self, *arguments: str) -> str:
        ended = self.shell(shlex.join(["kubectl", *arguments]))
        assert ended.status == 0, ended.output
        return ended.output

    def post(self, path: str, body: bytes, *, seconds: float = 60) -> tuple[int, str]:
        """Ask the model; status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("POST", path, body, {"Host": HOST})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def request(self) -> bytes:
        """The body that `make up` asked with."""
        return self.cache.path("state", "requests", "mnist.json").read_bytes()

    def digit(self) -> int:
        """What `make up` printed that the model sees."""
        found = re.search(r"The model sees a (\d)\.", self.up)
        assert found, self.up
        return int(found[1])

    def _run(self, *command: str) -> Ended:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
        done = subprocess.run(
            command,
            cwd=self.checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return Ended(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    made = Platform(tmp_path_factory.mktemp("platform") / "checkout", Cache.default())
    copy_checkout(made)
    made.configure()
    made.must("down")
    try:
        made.up = made.must("up")
        yield made
    finally:
        made.must("down")


def copy_checkout(made: Platform) -> None:
    """Copy what git knows of this checkout, with changes not yet committed, and the environment in use."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        target = made.checkout / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / name).exists():
            shutil.copy2(CHECKOUT / name, target)
    (made.checkout / ".venv").symlink_to(Path(sys.prefix))
    made.git("init", "--quiet")
