"""A Pulumi project in a folder of its own, and the real engine on it: timed, and watched from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.kills import descendants
from bench.plugin import FOLDER, NAME
from bench.runs import RunFailed
from command.engine.places import CHECKOUT
from command.engine.policies import PolicyPack
from machine.cache import Cache

_EVERY_SECONDS = 0.05
_CALL = re.compile(r"^\S+ (\w+) ([\d.]+) ms ")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """How a command of Pulumi's ran.

    Attributes:
        seconds: Wall clock.
        processor: Seconds of processor time of the engine, the program, the plugins and the policy pack.
        megabytes: Peak memory (VmHWM) of the Kubernetes plugin; 0 where it did not run.
        calls: How many calls the engine made to the Kubernetes plugin.
        in_calls: Wall seconds of these calls, one after another; they overlap.
    """

    seconds: float = 0.0
    processor: dict[str, float] = field(default_factory=dict)
    megabytes: float = 0.0
    calls: int = 0
    in_calls: float = 0.0


class Project:
    """A project with one stack in a file backend.

    Args:
        folder: Where to make it; must not exist.
        pulumi: The engine's program.
        kubeconfig: The text of a kubeconfig, for the plugin; empty where none takes part.
    """

    def __init__(self, folder: Path, pulumi: Path, kubeconfig: str = "") -> None:
        for name in ("project", "state", "cache"):
            (folder / name).mkdir(parents=True)
        self.cache = Cache(folder / "cache")
        self._folder = folder / "project"
        self._log = folder / "calls"
        config = folder / "kubeconfig"
        config.touch(mode=0o600)
        config.write_text(kubeconfig, encoding="utf-8")
        (self._folder / "Pulumi.yaml").write_text(
            "name: bench\nruntime: python\nplugins:\n  providers:\n"
            f"    - name: kserve-cluster\n      path: {CHECKOUT}/providers/bin\n",
            encoding="utf-8",
        )
        path = [str(Path(sys.executable).parent), str(pulumi.parent), str(FOLDER), os.environ["PATH"]]
        self._variables = {
            **{key: item for key, item in os.environ.items() if not key.startswith("PULUMI_K8S_")},
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": str(CHECKOUT),
            "KUBECONFIG": str(config),
            "KSERVE_PLATFORM_CACHE": str(folder / "cache"),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "of this measurement",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_K8S_STANDIN_LOG": str(self._log),
        }
        self._run("stack", "init", "bench")

    def program(self, text: str) -> None:
        """Write the program."""
        (self._folder / "__main__.py").write_text(text, encoding="utf-8")

    def preview(self, pack: PolicyPack | None = None, settings: Path | None = None) -> Measured:
        """`pulumi preview`, with a policy pack and a configuration of it, or without."""
        if pack is None:
            return self._run("preview")
        options = [
            "--policy-pack",
            str(pack.folder),
            *(["--policy-pack-config", str(settings)] if settings else []),
        ]
        path = os.pathsep.join([str(pack.programs), self._variables["PATH"]])
        return self._run("preview", *options, PATH=path)

    def up(self) -> Measured:
        """`pulumi up`, without its preview."""
        return self._run("up", "--yes", "--skip-preview")

    def refresh(self) -> Measured:
        """`pulumi refresh`, without its preview."""
        return self._run("refresh", "--yes", "--skip-preview")

    def destroy(self) -> Measured:
        """`pulumi destroy`, without its preview."""
        return self._run("destroy", "--yes", "--skip-preview")

    def _run(self, *arguments: str, **variables: str) -> Measured:
        """Run Pulumi to its end.

        Raises:
            RunFailed: It did not end well.
        """
        self._log.unlink(missing_ok=True)
        began = time.monotonic()
        process = subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self._folder,
            env={**self._variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watch = _Watch(process.pid)
        output, _ = process.communicate()
        took = Measured(time.monotonic() - began, *watch.end())
        if process.returncode:
            raise RunFailed(f"pulumi {' '.join(arguments)} ended with status {process.returncode}:\n{output}")
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        found = [float(match[2]) / 1000 for line in lines if (match := _CALL.match(line))]
        took.calls, took.in_calls = len(found), sum(found)
        return took


def part_of(words: str) -> str:
    """To what a process belongs, by its command line; the language host counts as the program."""
    if "pulumi-resource-" in words or "providers." in words:
        return "plugins"
    if words.rstrip().endswith("/policies") or "/policies " in words:
        return "pack"
    return "program" if "python" in words else "engine"


class _Watch:
    """Looks at the processes of a command again and again: what they used is gone when they are."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._used: dict[int, tuple[str, float]] = {}
        self._megabytes = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> tuple[dict[str, float], float]:
        """Processor seconds by part, and the plugin's peak memory in megabytes."""
        self._over.set()
        self._thread.join()
        parts: dict[str, float] = {}
        for part, seconds in self._used.values():
            parts[part] = parts.get(part, 0.0) + seconds
        return parts, self._megabytes

    def _look(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            for pid in (self._root, *descendants(self._root)):
                try:
                    self._note(pid)
                except (OSError, ValueError, IndexError):
                    continue  # it ended just now

    def _note(self, pid: int) -> None:
        process = Path("/proc", str(pid))
        words = (process / "cmdline").read_text(encoding="utf-8").replace("\0", " ")
        # One that ended and was not yet waited for has times, but no command line any more.
        fields = (process / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        part = self._used[pid][0] if pid in self._used and not words else part_of(words)
        self._used[pid] = part, (int(fields[11]) + int(fields[12])) / _TICKS
        if NAME in words:
            status = (process / "status").read_text(encoding="utf-8").splitlines()
            peak = next(line for line in status if line.startswith("VmHWM"))
            self._megabytes = max(self._megabytes, int(peak.split()[1]) / 1024)
