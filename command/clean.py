"""`clean-cache`: remove what was downloaded and built, unless somebody would lose something."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command.display.words import size
from command.engine.places import PROJECT, Places
from command.engine.store import read_checkpoint
from components.errors import PlatformError, Problem
from machine.cache import Cache, remove_tree
from machine.reclaim import reclaim_go

_OURS = frozenset(
    {"go", "tools", "debian", "rendered", "images", "stores", "docker", "clusters", "models"}
    | {"state", "logs", "locks", "history.json"}
)


def main(options: argparse.Namespace) -> int:
    """Remove the cache."""
    cache = Cache.default()
    if not cache.root.exists():
        print(f"{cache.root} is not there: nothing to remove.")
        return 0
    if options.builds:
        print(f"Removed {size(reclaim_go(cache))} of Go's caches from {cache.root}; what was built stays.")
        return 0
    refuse_in_use(cache)
    freed = size(bytes_in(cache.root))
    remove(cache)
    print(f"Removed {freed} from {cache.root}.")
    return 0


def users(cache: Cache, processes: Mapping[int, str]) -> list[Problem]:
    """Who would lose something, one problem each.

    Args:
        cache: The cache.
        processes: Pid -> command line of every other process.
    """
    clusters = [one.name for one in cache.path("clusters").glob("*") if one.is_dir()]
    found = [
        Problem(
            what=f"The cluster {name} lives in this cache",
            key=str(cache.root),
            fix=f"Take its stack down first: make down STACK={name.removeprefix(f'{PROJECT}-')}",
        )
        for name in sorted(clusters)
    ]
    found += [
        Problem(
            what=f"The stack {name} has resources that only the state in this cache knows",
            key=str(cache.root),
            seen=f"{count} resource{'s' if count != 1 else ''}",
            why="They would stay on their cluster, and no run would take them for its own.",
            fix=f"Take it down first: make down STACK={name}",
        )
        for name, count in sorted(stacks_in_state(cache).items())
        if f"{PROJECT}-{name}" not in clusters
    ]
    root = f"{cache.root}{os.sep}"
    running = {pid: words for pid, words in processes.items() if root in words}
    found += [
        Problem(
            what="A program runs from this cache",
            key=str(cache.root),
            seen=f"process {pid}: {words[:120]}",
            fix="Wait for it, or stop it.",
        )
        for pid, words in sorted(running.items())
    ]
    return found


def stacks_in_state(cache: Cache) -> dict[str, int]:
    """Stack -> how many resources its state holds, of those that hold any."""
    folder = Places(cache, "any").checkpoint.parent
    held = {file.stem: read_checkpoint(file).get("resources") or [] for file in folder.glob("*.json")}
    counts = {name: sum(map(_is_real, resources)) for name, resources in held.items()}
    return {name: count for name, count in counts.items() if count}


def _is_real(resource: Mapping[str, Any]) -> bool:
    """Whether there is something behind it: no component, no provider."""
    return bool(resource.get("custom")) and not str(resource.get("type")).startswith("pulumi:")


def refuse_in_use(cache: Cache) -> None:
    """Refuse to remove a cache that something needs.

    Raises:
        PlatformError: With everyone who uses it.
    """
    problems = users(cache, command_lines())
    if problems:
        raise PlatformError(*problems)


def command_lines() -> dict[int, str]:
    """Command line of every process but this one."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            found[int(entry.name)] = words.strip()
    return found


def remove(cache: Cache) -> None:
    """Remove the entries that this project makes, and the folder if nothing else is in it.

    A cache folder that a person named may hold other things, which stay.
    """
    for entry in sorted(cache.root.iterdir()):
        if entry.name in _OURS:
            remove_tree(entry)
    if not any(cache.root.iterdir()):
        cache.root.rmdir()


def bytes_in(root: Path) -> int:
    """How much disk a folder takes; a file of several names counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                status = os.lstat(os.path.join(folder, name))
            except OSError:
                continue
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += status.st_blocks * 512
    return total
