"""What a soak kills: a process of a running `up`, a node's container, the private Docker Engine."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from command.display.board import Board
from command.local_machine import LocalMachine, cluster_name
from command.stack import open_stack
from machine.docker.private import PrivateEngine
from machine.process import run

COMMAND = "the command"
_BUILDERS = frozenset({"go", "compile", "asm", "link", "kind", "ctr", "containerd", "cp", "npm", "helm"})
_SORTS: Mapping[str, Callable[[str], bool]] = {
    "the engine": lambda name: name == "pulumi",
    "a provider": lambda name: name.startswith(("pulumi-resource", "python")),
    "a builder": lambda name: name in _BUILDERS,
}


def kill_one(root: int, dice: random.Random) -> str:
    """Kill a process of a running command, each sort that is alive being as likely as the others.

    Args:
        root: Pid of the command.
        dice: Chooses the sort, then the process.

    Returns:
        What was killed, e.g. `a builder (compile)`.
    """
    names = {pid: name_of(pid) for pid in descendants(root)}
    sorts = {sort: [pid for pid, name in names.items() if fits(name)] for sort, fits in _SORTS.items()}
    alive = {COMMAND: [root], **{sort: pids for sort, pids in sorts.items() if pids}}
    sort = dice.choice(sorted(alive))
    pid = dice.choice(sorted(alive[sort]))
    os.kill(pid, signal.SIGKILL)
    return sort if pid == root else f"{sort} ({names[pid]})"


def descendants(root: int) -> list[int]:
    """Pids below a process, its own left out."""
    found = [root]
    for pid in found:
        found += children(pid)
    return found[1:]


def children(pid: int) -> list[int]:
    """Children of every thread of a process."""
    found: list[int] = []
    for task in Path("/proc", str(pid), "task").glob("*/children"):
        try:
            found += [int(one) for one in task.read_text(encoding="utf-8").split()]
        except OSError:
            continue
    return found


def name_of(pid: int) -> str:
    """A process's short name; empty if it is gone."""
    try:
        return Path("/proc", str(pid), "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def kill_node(stack: str) -> None:
    """Kill the container of the stack's node."""
    places, settings = open_stack(stack)
    machine = LocalMachine(places, settings, Board([]))
    docker = machine.program("docker")
    endpoint = machine.docker()
    node = f"{cluster_name(stack)}-control-plane"
    run(endpoint.command(docker, "kill", node), environment=endpoint.environment())


def kill_docker_engine(stack: str) -> None:
    """Kill the private Docker Engine; the user's own is never touched."""
    places, _ = open_stack(stack)
    pid = PrivateEngine(places.cache).pid()
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
