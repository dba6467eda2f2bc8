"""A private engine of the tests' own, in a cache of their own, and what of it can be seen on the machine."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from machine.cache import Cache, remove_tree
from machine.docker import DockerEndpoint, ensure_engine, stop_engine
from machine.docker.cgroups import hierarchies, processes_below
from machine.docker.namespaces import mount_points
from machine.docker.private import PrivateEngine
from machine.progress import Silent
from machine.toolchain import Toolchain

IMAGE = "sleeper:1"


@dataclass
class Traces:
    """What an engine can leave on a machine."""

    engine: PrivateEngine

    def seen(self) -> dict[str, object]:
        """Everything of it that is there now; all empty if nothing is."""
        return {
            "processes": sorted(self.processes()),
            "mounts": [point for point, _ in mount_points() if point.startswith(str(self.engine.folder))],
            "cgroups": [
                str(root) for root in hierarchies() if (root / self.engine.group.lstrip("/")).exists()
            ],
            "socket": self.engine.socket.exists(),
        }

    def processes(self) -> set[int]:
        """Pids of everything that runs of it, or on it."""
        of_command = set()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.engine.folder).encode() in (entry / "cmdline").read_bytes():
                    of_command.add(int(entry.name))
            except OSError:  # it ended meanwhile
                continue
        return of_command | self.engine.namespaces.processes() | processes_below(self.engine.group)


NOTHING = {"processes": [], "mounts": [], "cgroups": [], "socket": False}


@dataclass
class Machine:
    """An engine with what tests do to it."""

    cache: Cache
    toolchain: Toolchain
    engine: PrivateEngine = field(init=False)
    traces: Traces = field(init=False)

    def __post_init__(self) -> None:
        self.engine = PrivateEngine(self.cache)
        self.traces = Traces(self.engine)

    def start(self) -> DockerEndpoint:
        return ensure_engine(self.cache, self.toolchain)

    def docker(self, *arguments: str, stdin: bytes | None = None) -> str:
        endpoint = self.engine.endpoint()
        done = subprocess.run(
            [str(self.engine.folder / "bin" / "docker"), *arguments],
            env=endpoint.environment(),
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def run_sleeper(self, *options: str) -> str:
        """Start a container that sleeps, and return its id."""
        if not self.docker("images", "--quiet", IMAGE):
            self.docker("import", "-", IMAGE, stdin=_sleeper())
        return self.docker("run", "--detach", "--network=none", *options, IMAGE, "/bin/sleep", "1000")

    def pid_of(self, container: str) -> int:
        return int(self.docker("inspect", "--format", "{{.State.Pid}}", container))


def signal_and_wait(pid: int, number: signal.Signals) -> None:
    """Send a signal and return once it has worked: a process takes a moment to stop or to die."""
    os.kill(pid, number)
    wanted = "T" if number == signal.SIGSTOP else "Z"
    deadline = time.monotonic() + 10
    while _state(pid) not in {wanted, None}:
        assert time.monotonic() < deadline, f"{pid} does not follow {number.name}"
        time.sleep(0.01)


def _state(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    return Toolchain(Cache.default(), Silent())


@pytest.fixture
def make_machine(toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Machine]]:
    """Makes engines; each is gone at the end, with everything that is on it."""
    # The tests are of the private engine, also where the user has one.
    monkeypatch.setattr("machine.docker.engine.user_engine", lambda: None)
    made: list[Machine] = []

    def make() -> Machine:
        made.append(Machine(Cache(Path(tempfile.mkdtemp(prefix="engine-"))), toolchain))
        return made[-1]

    yield make
    for machine in made:
        stop_engine(machine.cache)
        remove_tree(machine.cache.root)


@pytest.fixture
def machine(make_machine: Callable[[], Machine]) -> Machine:
    return make_machine()


def _sleeper() -> bytes:
    """A root filesystem with one program of this machine's and the libraries that it loads."""
    sleep = shutil.which("sleep") or "/bin/sleep"
    loaded = subprocess.run(["ldd", sleep], check=True, capture_output=True, text=True).stdout
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", dereference=True) as tar:
        tar.add(sleep, "bin/sleep")
        for library in re.findall(r"(/\S+)", loaded):
            tar.add(library, library.lstrip("/"))
    return archive.getvalue()
