"""Kernel limits that nodes share with the whole machine: containers have no limits of their own for these.

Every systemd, kubelet, containerd and controller of every node holds inotify instances of one user, root.
With the kernel's default of 128, kube-proxy of a third node ended with "too many open files", again and
again, and every pod that needed a Service waited for minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.errors import Problem

WANTED: Mapping[str, int] = {"max_user_instances": 1024, "max_user_watches": 524288}
"""Limit below fs.inotify -> value that several nodes live with (kind's own words: 512 and 524288)."""
_FOLDER = Path("/proc/sys/fs/inotify")


def raise_limits(folder: Path = _FOLDER) -> list[Problem]:
    """Raise limits that are too low; what is higher already stays, and nothing is lowered again afterwards.

    Returns:
        A warning for each that this user may not raise.
    """
    return [problem for name, value in WANTED.items() if (problem := _raise(folder / name, value))]


def _raise(file: Path, value: int) -> Problem | None:
    try:
        now = int(file.read_text())
        if now < value:
            file.write_text(str(value))
    except FileNotFoundError:  # a kernel without inotify limits, or not Linux
        return None
    except OSError:
        return Problem(
            what=f"fs.inotify.{file.name} is low for a Kubernetes node",
            seen=str(now),
            why='Programs on the node may end with "too many open files".',
            fix=f"Raise it as root: sysctl fs.inotify.{file.name}={value}",
        )
    return None
