"""Runs programs inside the unpacked root of the TorchServe image, before there is any container.

Compiling and training need the image's own Python and torch. A mount namespace of their own gives the root
/dev and /proc and takes both away again, whatever happens; a user who is not root gets a user namespace
around it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from machine.process import CommandFailed, run, run_logged
from servers.torchserve import recipe

_SECONDS = 10.0
WORK = "/mnt/models"
"""Where the work folder appears inside the root."""

_ENTER = "; ".join(
    (
        "root=$1 work=$2",
        "shift 2",
        'mount --rbind /dev "$root/dev"',
        'mount -t proc proc "$root/proc"',
        f'mount --bind "$work" "$root{WORK}"',
        'exec chroot "$root" "$@"',
    )
)


def command_in_root(root: Path, command: Sequence[str], work: Path, *, as_root: bool) -> list[str]:
    """The argument vector that runs a command in the root; everything it starts dies with it."""
    enter = ["/bin/sh", "-ec", _ENTER, "sh", str(root), str(work)]
    return [*_unshare(as_root=as_root), *enter, *command]


def run_in_root(
    root: Path,
    command: Sequence[str],
    work: Path,
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a command in the root, with the image's environment.

    Args:
        root: Every layer of the image, unpacked.
        command: Argument vector, as seen inside.
        work: A folder that the command sees as WORK, to read and write.
        log: Receives what it prints.
        environment: Variables laid over the image's.
        on_line: Called with each line that it prints.

    Raises:
        CommandFailed: It ended with another status than 0.
    """
    for folder in ("dev", "proc", WORK[1:]):
        (root / folder).mkdir(parents=True, exist_ok=True)
    # Until the chroot it is the machine's own `mount` that is looked for, so PATH is the machine's.
    variables = {**recipe.ENVIRONMENT, "PATH": _with_sbin(os.environ.get("PATH", "")), **(environment or {})}
    argv = command_in_root(root, command, work, as_root=os.geteuid() == 0)
    run_logged(argv, log, environment=variables, on_line=on_line)


def why_barred() -> str:
    """Why this user can run nothing in a root here, in the words of who refuses it; nothing where they can.

    Some systems let only root make a user namespace, or take every right away in one.
    """
    if os.geteuid() == 0:
        return ""
    own = [*_unshare(as_root=False), "mount", "-t", "proc", "proc", "/proc"]
    try:
        run(own, timeout=_SECONDS, environment={"PATH": _with_sbin(os.environ.get("PATH", ""))})
    except CommandFailed as failure:
        return failure.tail or str(failure)
    return ""


def _unshare(*, as_root: bool) -> list[str]:
    user = [] if as_root else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]


def _with_sbin(path: str) -> str:
    """Add the folders of system programs: `chroot` is there, and a user's PATH often is without."""
    return ":".join([*filter(None, path.split(":")), "/usr/sbin", "/sbin", "/usr/bin", "/bin"])
