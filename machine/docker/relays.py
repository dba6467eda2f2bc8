"""Starting and stopping a cluster's relay, and knowing whether it runs."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.errors import PlatformError
from machine.cache import Cache, write_atomically
from machine.docker import relay_process
from machine.docker.detached import end, start_detached
from machine.docker.endpoint import DockerEndpoint
from machine.docker.ports import listen
from machine.docker.relay_lock import RelayLock
from machine.process import last_lines

_READY_SECONDS = 10.0
_END_SECONDS = 5.0
_PLAN, _LOG = "relay.json", "relay.log"


@dataclass(frozen=True)
class RelayPlan:
    """What a relay does: written beside its lock before it runs, so that a changed plan restarts it.

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
        if RelayLock(folder).is_held():
            if _wanted(folder) == plan:
                return
            _end(folder)
        (folder / _LOG).unlink(missing_ok=True)
        _start(folder, plan)


def stop_relays(cache: Cache, cluster: str) -> None:
    """End a cluster's relay and remove its files; absent is fine."""
    folder = cache.path("clusters", cluster)
    with cache.lock("relay", cluster):
        # First the wish for it: whoever keeps it would start it again in between.
        (folder / _PLAN).unlink(missing_ok=True)
        _end(folder)
        for path in (RelayLock(folder).path, folder / _LOG):
            path.unlink(missing_ok=True)


def revive_relay(cache: Cache, cluster: str) -> bool:
    """Start a cluster's relay again if it died; False where none is wanted, or its namespace is gone.

    Raises:
        PlatformError: It did not start.
    """
    folder = cache.path("clusters", cluster)
    with cache.lock("relay", cluster):
        plan = _wanted(folder)
        if plan is None or not plan.is_possible():
            return False
        if not RelayLock(folder).is_held():
            _start(folder, plan)
    return True


def relay_runs(cache: Cache, cluster: str) -> bool:
    """Whether a cluster's relay is alive."""
    return RelayLock(cache.path("clusters", cluster)).is_held()


def _wanted(folder: Path) -> RelayPlan | None:
    """The plan of a cluster's relay as it was written; None if none is wanted."""
    try:
        return RelayPlan.read((folder / _PLAN).read_text())
    except FileNotFoundError:
        return None


def _start(folder: Path, plan: RelayPlan) -> None:
    log = folder / _LOG
    write_atomically(folder / _PLAN, plan.text())  # what is wanted, before it is there
    with contextlib.ExitStack() as opened:
        lock = opened.enter_context(RelayLock(folder).take())
        sockets = {inside: opened.enter_context(listen(outside)) for outside, inside in plan.ports}
        output = opened.enter_context(open(log, "ab"))
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


def _says_ready(readable: int) -> bool:
    return bool(select.select([readable], [], [], _READY_SECONDS)[0]) and os.read(readable, 1) == b"1"


def _end(folder: Path) -> None:
    pid = RelayLock(folder).holder()
    if pid is not None:
        end(pid, signal.SIGTERM, _END_SECONDS)
