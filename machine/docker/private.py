"""The project's own Docker Engine: a daemon that leaves no trace of itself outside the cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path

from components.errors import PlatformError
from machine.cache import Cache, remove_tree, write_atomically
from machine.docker import runc_shim
from machine.docker.api import PASSING, EngineApi
from machine.docker.cgroups import kill_all, remove_below
from machine.docker.detached import end, reap, start_detached
from machine.docker.endpoint import DockerEndpoint
from machine.docker.namespaces import Namespaces
from machine.docker.preflight import problems, read_facts
from machine.docker.software import Software
from machine.process import last_lines

_START_SECONDS = 60.0
_ANSWER_SECONDS = 15.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05


class PrivateEngine:
    """One daemon a cache; the caller holds the cache's `docker` lock while it changes anything."""

    def __init__(self, cache: Cache) -> None:
        self.folder = cache.path("docker")
        self.socket = self.folder / "docker.sock"
        self.log = self.folder / "docker.log"
        self.namespaces = Namespaces(self.folder / "namespaces")
        self.api = EngineApi(self.socket)
        # Two caches have two engines, which must not share a group: stopping one empties it.
        self.group = f"/kserve-platform-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]}"

    def endpoint(self) -> DockerEndpoint:
        """How to reach it."""
        return DockerEndpoint(
            host=f"unix://{self.socket}",
            namespace=str(self.namespaces.net),
            private=True,
            tools=(str(self.folder / "bin"),),
        )

    def pid(self) -> int | None:
        """Process id of the daemon, or None if it is not running; a reused pid is not taken for it."""
        try:
            pid = int((self.folder / "docker.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self._configuration).encode() in command else None

    def holds_containers(self) -> bool:
        """Whether a container is kept in its data, also while it is not running."""
        kept = self.folder / "data" / "containers"
        return kept.is_dir() and any(kept.iterdir())

    def remove_passing(self) -> None:
        """Remove what killed runs left on it; only for who knows that no run uses it."""
        if self.pid() is None:
            return
        for container in self.api.containers():
            if PASSING in container.get("Labels", {}):
                self.api.remove_container(container["Id"])

    def start(self, software: Software) -> None:
        """Bring it to where it answers, whatever state a crash or a reboot left it in.

        Raises:
            PlatformError: This machine cannot run it, or it did not start; with the last lines of its log.
        """
        if self.pid() is not None and self._can_run_within(_ANSWER_SECONDS):
            return
        facts = read_facts(self.socket)
        if found := problems(facts):
            raise PlatformError(*found)
        self._end_daemon(signal.SIGKILL)
        if not self.namespaces.exist():
            self._make_namespaces()
        software.lay_out(self.folder)
        self._configure(software, shim=not facts.may_raise_limits)
        self._await(self._launch(software))

    def stop(self) -> None:
        """End it with everything that is on it: containers, processes, mounts, groups, namespaces.

        Raises:
            PlatformError: Something could not be removed; it names what.
        """
        if self._can_be_asked():
            for container in self.api.containers():
                self.api.remove_container(container["Id"])
        self._end_daemon(signal.SIGTERM)
        stuck = remove_below(self.group)
        kill_all(self.namespaces.processes)
        self.namespaces.remove()
        for name in ("run", "opt", "bin", "lib"):
            remove_tree(self.folder / name)
        for name in ("docker.pid", "docker.sock"):
            (self.folder / name).unlink(missing_ok=True)
        if stuck:
            raise PlatformError.single(
                "The private Docker Engine left control groups behind",
                seen=", ".join(map(str, stuck)),
                why="They are still in use.",
                fix="End the processes listed in their cgroup.procs, then run this again.",
            )

    @property
    def _configuration(self) -> Path:
        return self.folder / "daemon.json"

    def _make_namespaces(self) -> None:
        # Whoever is still in the old ones (after a half-done stop) can never be reached again.
        kill_all(self.namespaces.processes)
        over = {Path("/run"): self.folder / "run", Path("/opt"): self.folder / "opt"}
        for source in over.values():
            remove_tree(source)
            source.mkdir(parents=True)
        self.namespaces.create({point: source for point, source in over.items() if point.is_dir()})

    def _configure(self, software: Software, *, shim: bool) -> None:
        settings: dict[str, object] = {
            "data-root": str(self.folder / "data"),
            "exec-root": "/run/docker",  # the cache's, in the mount namespace: sockets need short paths
            "pidfile": str(self.folder / "docker.pid"),
            "hosts": [f"unix://{self.socket}"],
            "deprecated-key-path": str(self.folder / "key.json"),  # else /etc/docker/key.json
            "cgroup-parent": self.group,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "storage-driver": "overlay2",
            # A node outlives its daemon, which comes back from a crash to containers that never stopped.
            "live-restore": True,
            # No name server can be reached from here, and the engine then says nothing instead of failing:
            # kind's nodes gave up after five seconds, before they started.
            "dns-opts": ["timeout:1", "attempts:1"],
            "log-level": "warn",
        }
        if shim:
            settings["oom-score-adjust"] = 0
            settings["default-runtime"] = "without-sys-resource"
            settings["runtimes"] = {"without-sys-resource": {"path": str(self._write_shim(software.runc))}}
        write_atomically(self._configuration, json.dumps(settings, indent=1))

    def _write_shim(self, runc: Path) -> Path:
        # A copy, run by the interpreter behind the virtual environment: this checkout may be gone by then.
        code, launcher = self.folder / "runc_shim.py", self.folder / "runc-shim"
        write_atomically(code, Path(runc_shim.__file__).read_bytes())
        python = os.path.realpath(sys.executable)
        line = shlex.join(["exec", python, "-IS", str(code), str(runc)])
        write_atomically(launcher, f'#!/bin/sh\n{line} "$@"\n', mode=0o755)
        return launcher

    def _launch(self, software: Software) -> int:
        (self.folder / "docker.pid").unlink(missing_ok=True)
        self._forget_containerd()
        argv = self.namespaces.command(
            self.folder / "bin" / "dockerd", f"--config-file={self._configuration}"
        )
        environment = {**os.environ, **software.environment(self.folder)}
        with open(self.log, "ab") as log:
            return start_detached(argv, log, environment=environment)

    def _forget_containerd(self) -> None:
        # A killed daemon takes its containerd along, but where nobody reaps the dead the pid stays taken, and
        # the next daemon waits for that containerd to answer until it gives up. The shims need none of it.
        file = self.folder / "run" / "docker" / "containerd" / "containerd.pid"
        try:
            pid = int(file.read_text())
            if b"containerd" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError):
            pass
        file.unlink(missing_ok=True)

    def _await(self, daemon: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.api.can_run():
            ended = reap(daemon)
            if ended or time.monotonic() > deadline:
                raise PlatformError.single(
                    "The private Docker Engine ended while starting"
                    if ended
                    else f"The private Docker Engine did not answer within {_START_SECONDS:.0f} s",
                    why=last_lines(self.log.read_text(errors="replace")),
                    fix=f"Read {self.log}.",
                )
            time.sleep(_POLL_SECONDS)

    def _can_be_asked(self) -> bool:
        """Whether it answers; one that died with containers on it is started again, to take them away."""
        if self.pid() is not None and self._can_run_within(_ANSWER_SECONDS):
            return True
        daemon = self.folder / "bin" / "dockerd"
        if not self.holds_containers() or not daemon.exists():
            return False
        with contextlib.suppress(PlatformError):  # then its processes are killed below, and its records stay
            self.start(Software.beside(daemon.resolve()))
        return self.api.can_run()

    def _can_run_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self.api.can_run():
            if self.pid() is None or time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _end_daemon(self, sign: signal.Signals) -> None:
        pid = self.pid()
        if pid is not None:
            end(pid, sign, _STOP_SECONDS)
