"""The private engine's own network and mount namespaces, kept by files instead of a process.

A namespace lives while a process is in it or a file is bound to it. Files outlive a `kill -9` of the daemon,
so its containers keep their network while it is away, and there is no pid that could be reused.
In the mount namespace the cache's folders lie over /run and /opt, because containerd writes there whatever it
is told, and nothing of the engine's may appear on the machine outside the cache.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from machine.process import run

_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_MNT_DETACH = 2
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Namespaces:
    """A network and a mount namespace bound to the files `net` and `mnt` of a folder."""

    folder: Path

    @property
    def net(self) -> Path:
        """File of the network namespace."""
        return self.folder / "net"

    @property
    def mnt(self) -> Path:
        """File of the mount namespace."""
        return self.folder / "mnt"

    def exist(self) -> bool:
        """Whether both are bound (a reboot leaves the empty files)."""
        bound = {point for point, kind in mount_points() if kind == "nsfs"}
        return {str(self.net), str(self.mnt)} <= bound

    def create(self, over: Mapping[Path, Path]) -> None:
        """Make both, loopback up; what an interrupted attempt left is removed first.

        Args:
            over: Folder of the machine -> folder that is seen in its place inside the mount namespace.
        """
        self.remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        # A mount namespace can be bound only below a private mount: it would contain itself otherwise.
        run(["mount", "--bind", self.folder, self.folder])
        run(["mount", "--make-private", self.folder])
        for file in (self.net, self.mnt):
            file.touch()
        binds = " && ".join('mount --bind "$1" "$2" && shift 2' for _ in over) or "true"
        pairs = [str(part) for point, source in over.items() for part in (source, point)]
        unshare = ["unshare", f"--net={self.net}", f"--mount={self.mnt}", "--propagation", "slave"]
        run([*unshare, "sh", "-c", binds, "sh", *pairs])
        in_network(self.net, _raise_loopback)

    def command(self, *args: str | Path) -> list[str]:
        """The argument vector that runs `args` inside both."""
        return ["nsenter", f"--net={self.net}", f"--mount={self.mnt}", "--", *map(str, args)]

    def processes(self) -> set[int]:
        """Pids of every process that is in one of them."""
        if not self.exist():
            return set()
        inodes = {("net", self.net.stat().st_ino), ("mnt", self.mnt.stat().st_ino)}
        found = set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and inodes & _namespaces_of(entry):
                found.add(int(entry.name))
        return found

    def remove(self) -> None:
        """Unbind both and the folder's mounts, however many there are. Processes inside keep theirs."""
        for point in sorted((p for p, _ in mount_points() if _below(p, self.folder)), reverse=True):
            _libc.umount2(point.encode(), _MNT_DETACH)
        for file in (self.net, self.mnt):
            file.unlink(missing_ok=True)


def in_network(namespace: Path | str, work: Callable[[], None]) -> None:
    """Do some work inside a network namespace, in a thread of its own: only that thread enters it.

    Raises:
        OSError: The namespace cannot be entered; or whatever `work` raises.
    """
    raised: list[BaseException] = []

    def enter_and_work() -> None:
        try:
            enter_network(namespace)
            work()
        except BaseException as error:  # noqa: BLE001 (handed to the caller's thread)
            raised.append(error)

    thread = threading.Thread(target=enter_and_work)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def enter_network(namespace: Path | str) -> None:
    """Move the calling thread into a network namespace for good.

    Raises:
        OSError: It is not there, or this process may not.
    """
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(descriptor, _CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(namespace))
    finally:
        os.close(descriptor)


def mount_points() -> list[tuple[str, str]]:
    """Every mount of this process's mount namespace: where, and its filesystem's type."""
    points = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        points.append((fields[4].encode().decode("unicode_escape"), fields[fields.index("-") + 1]))
    return points


def _below(point: str, folder: Path) -> bool:
    return point == str(folder) or point.startswith(f"{folder}/")


def _namespaces_of(process: Path) -> set[tuple[str, int]]:
    try:
        return {(kind, (process / "ns" / kind).stat().st_ino) for kind in ("net", "mnt")}
    except OSError:  # it ended meanwhile
        return set()


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = b"lo".ljust(16, b"\0")
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, name + b"\0" * 24)
        (flags,) = struct.unpack_from("H", answer, 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, name + struct.pack("H", flags | _IFF_UP) + b"\0" * 22)
