"""Whether this machine can run containers at all, decided from facts that are read once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from components.errors import Problem
from machine.docker.cgroups import missing_controllers

_SYS_ADMIN, _SYS_RESOURCE = 21, 24
_SOCKET_PATH_LIMIT = 107
"""Bytes in sockaddr_un.sun_path less its final zero (unix(7))."""


@dataclass(frozen=True)
class MachineFacts:
    """What decides whether a private engine can run.

    Attributes:
        root: The effective user is 0.
        capabilities: Bounding set of this process, one bit a capability (capabilities(7)).
        missing_controllers: cgroup controllers that a node needs and the machine does not mount.
        longest_socket: Length in bytes of the longest socket path that the engine would use.
    """

    root: bool
    capabilities: int
    missing_controllers: tuple[str, ...]
    longest_socket: int

    @property
    def may_raise_limits(self) -> bool:
        """Whether CAP_SYS_RESOURCE is in the bounding set; without it runc needs the shim."""
        return bool(self.capabilities >> _SYS_RESOURCE & 1)


def read_facts(longest_socket: Path) -> MachineFacts:
    """Look at this machine."""
    status = Path("/proc/self/status").read_text()
    bounding = next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:"))
    return MachineFacts(
        root=os.geteuid() == 0,
        capabilities=int(bounding, 16),
        missing_controllers=tuple(missing_controllers()),
        longest_socket=len(os.fsencode(longest_socket)),
    )


def problems(facts: MachineFacts) -> list[Problem]:
    """What keeps a private engine from running here; empty if it can run."""
    if not facts.root:
        return [
            Problem(
                what="There is no Docker Engine, and without root this project cannot start one",
                why="A local cluster runs in containers; no engine answers `docker version`.",
                fix="Start Docker so that `docker version` answers for your user, or run this as root.",
            )
        ]
    found = []
    if not facts.capabilities >> _SYS_ADMIN & 1:
        found.append(
            Problem(
                what="This root user may not make namespaces and mounts",
                why="CAP_SYS_ADMIN is not in the bounding set: this is a container without privileges.",
                fix="Run on a machine or in a privileged container, or pass in a Docker socket from outside.",
            )
        )
    if facts.missing_controllers:
        found.append(
            Problem(
                what="Control groups are missing",
                seen=", ".join(facts.missing_controllers),
                why="A Kubernetes node cannot start without these controllers.",
                fix="Mount them (`mount -t cgroup2 none /sys/fs/cgroup`), or use a machine that does.",
            )
        )
    if facts.longest_socket > _SOCKET_PATH_LIMIT:
        found.append(
            Problem(
                what="The cache's path is too long for the engine's sockets",
                seen=f"{facts.longest_socket} bytes",
                why=f"A socket's path has at most {_SOCKET_PATH_LIMIT} bytes.",
                fix="Name a shorter folder in KSERVE_PLATFORM_CACHE.",
            )
        )
    return found
