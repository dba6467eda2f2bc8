"""Starting and stopping a cluster's relay, and knowing whether it runs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from components.errors import PlatformError
from machine.cache import Cache, write_atomically
from machine.docker import relay_process
from machine.docker.detached import end, start_detached
from machine.docker.endpoint import DockerEndpoint
from machine.docker.ports import listen
from machine.process import last_lines

_READY_SECONDS = 10.0
_END_SECONDS = 5.0
_POLL_SECONDS = 0.01
_STARTS_AGAIN = 20  # of one that dies at once each time


@dataclass(frozen=True)
class RelayPlan:
    """What a relay does: written beside its lock, so that a changed plan restarts it.

    Attributes:
        namespace: File of the network namespace, and its inode: a namespace made anew is another one.
        ports: Port on 127.0.0.1 of the machine -> port on 127.0.0.1 inside.
    """

    namespace: str
    inode: int
    ports: tuple[tuple[int, int], ...]

    def text(self) -> str:
        return json.dumps([self.namespace, self.inode, self.ports])

    @classmethod
    def read(cls, text: str) -> RelayPlan:
        namespace, inode, ports = json.loads(text)
        return cls(namespace, inode, tuple((outside, inside) for outside, inside in ports))

    def is_possible(self) -> bool:
        """Whether the namespace is still the one that was meant."""
        try:
            return Path(self.namespace).stat().st_ino == self.inode
        except FileNotFoundError:
            return False


def start_relay(cache: Cache, endpoint: DockerEndpoint, cluster: str, ports: Mapping[int, int]) -> None:
    """See to it that a cluster's ports are relayed; nothing is done where they are the machine's already.

    Args:
        cache: Keeps the relay's lock, plan and log below clusters/<name>/.
        endpoint: The engine that the cluster is on.
        cluster: Its name.
        ports: Port on 127.0.0.1 of the machine -> port on 127.0.0.1 in the engine's network.

    Raises:
        PlatformError: A port is taken, or the relay ended at once; with the reason.
    """
    if endpoint.namespace is None:
        return
    inode = Path(endpoint.namespace).stat().st_ino
    plan = RelayPlan(endpoint.namespace, inode, tuple(sorted(ports.items())))
    folder = cache.folder("clusters", cluster)
    with cache.lock("relay", cluster):
        if _holder(folder) is not None:
            if (folder / "relay.json").read_text() == plan.text():
                return
            _end(folder)
        _start(folder, plan)


def stop_relays(cache: Cache, cluster: str) -> None:
    """End a cluster's relay and remove its files; absent is fine."""
    folder = cache.path("clusters", cluster)
    with cache.lock("relay", cluster):
        _end(folder)
        for name in ("relay.json", "relay.lock", "relay.log"):
            (folder / name).unlink(missing_ok=True)


def keep_relay(cache: Cache, cluster: str) -> None:
    """Start a cluster's relay again whenever it dies, until it is stopped; blocks, so give it a thread.

    Raises:
        PlatformError: It could not be started again.
    """
    folder = cache.path("clusters", cluster)
    for _ in range(_STARTS_AGAIN):
        _await_end(folder)
        with cache.lock("relay", cluster):
            try:
                plan = RelayPlan.read((folder / "relay.json").read_text())
            except FileNotFoundError:  # stopped, or never there
                return
            if not plan.is_possible():
                return
            if _holder(folder) is None:
                _start(folder, plan)


def relay_runs(cache: Cache, cluster: str) -> bool:
    """Whether a cluster's relay is alive."""
    return _holder(cache.path("clusters", cluster)) is not None


def _start(folder: Path, plan: RelayPlan) -> None:
    log = folder / "relay.log"
    with contextlib.ExitStack() as opened:
        # The relay inherits the lock: the kernel frees it when the relay is gone, however it went.
        lock = opened.enter_context(open(folder / "relay.lock", "w", encoding="utf-8"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        sockets = {inside: opened.enter_context(listen(outside)) for outside, inside in plan.ports}
        output = opened.enter_context(open(log, "wb"))
        readable, writable = os.pipe()
        opened.callback(os.close, readable)
        handed = {inside: each.fileno() for inside, each in sockets.items()}
        command = [
            *(os.path.realpath(sys.executable), "-IS", relay_process.__file__),
            *(plan.namespace, str(writable), str(lock.fileno())),
            *(f"{descriptor}:{inside}" for inside, descriptor in handed.items()),
        ]
        descriptors = (writable, lock.fileno(), *handed.values())
        pid = start_detached(command, output, descriptors=descriptors)
        os.close(writable)
        if not _says_ready(readable):
            end(pid, signal.SIGKILL, _END_SECONDS)
            raise PlatformError.single(
                "The relay to the cluster's ports did not start",
                why=last_lines(log.read_text(errors="replace")),
                fix=f"Read {log}.",
            )
    write_atomically(folder / "relay.json", plan.text())


def _says_ready(readable: int) -> bool:
    return bool(select.select([readable], [], [], _READY_SECONDS)[0]) and os.read(readable, 1) == b"1"


def _holder(folder: Path) -> int | None:
    """Pid of the running relay: who holds the lock; None if nobody does.

    Whoever starts one may be killed at any moment, so that the relay itself writes its pid into the lock.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            with open(folder / "relay.lock", encoding="utf-8") as lock:
                if not _is_held(lock):
                    return None
                if pid := lock.read():
                    return int(pid)
        except FileNotFoundError:
            return None
        if time.monotonic() > deadline:
            raise PlatformError.single(
                "The relay to the cluster's ports neither starts nor ends",
                seen=f"the lock {folder / 'relay.lock'} is held, and no process id is in it",
                fix="End the process that holds it, then run this again.",
            )
        time.sleep(_POLL_SECONDS)


def _await_end(folder: Path) -> None:
    """Sleep until nobody holds the lock; the kernel wakes us the moment its holder is gone."""
    with contextlib.suppress(FileNotFoundError), open(folder / "relay.lock", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


def _is_held(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _end(folder: Path) -> None:
    pid = _holder(folder)
    if pid is not None:
        end(pid, signal.SIGTERM, _END_SECONDS)
