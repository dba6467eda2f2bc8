"""TCP ports on 127.0.0.1 of the machine: taking one, and telling who has it."""

from __future__ import annotations

import errno
import random
import socket
from contextlib import suppress
from pathlib import Path

from components.errors import PlatformError

_BACKLOG = 128
_KERNELS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_OURS = range(20_000, 30_000)  # NodePorts of Kubernetes begin above
_TRIES = 100
_LISTENING = "0A"  # st of /proc/net/tcp, TCP_LISTEN


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1.

    Args:
        port: TCP port; 0 for any free one.

    Raises:
        PlatformError: The port is taken, by whom if that can be seen, or is not ours to open.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refusal(port, error) from None
    return listener


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now, and that the kernel gives nobody by chance.

    One that the kernel had chosen was another program's when a cluster came back after a reboot.
    """
    lowest_of_kernel = int(_KERNELS.read_text().split()[0])
    ours = range(_OURS.start, min(_OURS.stop, lowest_of_kernel))
    for port in random.SystemRandom().sample(ours, min(_TRIES, len(ours))):
        with suppress(PlatformError):
            require_free(port)
            return port
    with listen(0) as listener:
        return int(listener.getsockname()[1])


def require_free(port: int) -> None:
    """See that nobody listens on a port of 127.0.0.1.

    Raises:
        PlatformError: Somebody does, or it is not ours to open.
    """
    listen(port).close()


def holder(port: int) -> str | None:
    """Name and pid of the process that listens on a port of this machine, or None if that cannot be seen."""
    inodes = {
        fields[9]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for fields in map(str.split, Path(table).read_text().splitlines()[1:])
        if fields[3] == _LISTENING and int(fields[1].rsplit(":", 1)[1], 16) == port
    }
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in wanted for link in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
        except OSError:  # it ended, or is another user's
            continue
    return None


def _refusal(port: int, error: OSError) -> PlatformError:
    if error.errno == errno.EADDRINUSE:
        return PlatformError.single(
            f"Port {port} of 127.0.0.1 is taken",
            seen=holder(port),
            why="The cluster is reached through it.",
            fix="Stop that program, or choose another port in the stack file.",
        )
    return PlatformError.single(
        f"Port {port} of 127.0.0.1 cannot be opened",
        why=error.strerror or str(error),
        fix="Choose another port in the stack file.",
    )
