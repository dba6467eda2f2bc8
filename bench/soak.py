"""`make soak`: twenty times kill something at a random moment of `up`, then `up`; then node and engine."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.runs import Ended, run, start
from command.display.words import duration
from command.endpoints import endpoints
from command.engine.session import Process, processes
from command.local_machine import cluster_name
from command.prove import check_prediction
from command.samples import choose_sample
from command.stack import open_stack

TARGETS = ("the command", "the engine", "a provider", "a builder")
_LATEST_SECONDS = 120.0
_BACK_SECONDS = 90.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Round:
    """One kill and what came after.

    Attributes:
        killed: What was killed, and when.
        again: Seconds of the `up` that followed, or of the wait for an answer.
        well: It ended in a right prediction.
        output: What was printed, where it did not end well.
    """

    killed: str
    again: float
    well: bool
    output: str = ""


def main() -> int:
    """Soak, print a table; 1 if any round did not end well."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--stack", default="local", help="stack to kill (local)")
    parser.add_argument("--rounds", type=int, default=20, help="kills during up (20)")
    parser.add_argument("--seed", type=int, default=None, help="repeat an earlier soak")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 16)
    print(f"seed {seed}", flush=True)
    rounds = soak(options.stack, options.rounds, random.Random(seed))
    failed = [one for one in rounds if not one.well]
    for one in failed:
        print(f"\n{one.killed}:\n{one.output}")
    print(f"\n{len(rounds) - len(failed)} of {len(rounds)} ended well")
    return 1 if failed else 0


def soak(stack: str, count: int, dice: random.Random) -> list[Round]:
    """Every round, told as it ends."""
    rounds = []
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        for number in range(count):
            if number % 2 == 0:
                run("down", "--stack", stack, log=log)
            rounds.append(tell(kill_up(stack, dice, log)))
        for name, kill in (("the node", kill_node), ("the Docker Engine", kill_engine)):
            rounds.append(tell(kill_running(stack, name, kill)))
    return rounds


def tell(one: Round) -> Round:
    """Print a row."""
    mark = "well" if one.well else "BADLY"
    print(f"killed {one.killed:<44} then {duration(one.again):>12}, ended {mark}", flush=True)
    return one


def kill_up(stack: str, dice: random.Random, log: Path) -> Round:
    """Start `up`, kill one of its processes after a while, run `up` to its end."""
    moment, target = dice.uniform(0.5, _LATEST_SECONDS), dice.choice(TARGETS)
    process = start(("up", "--stack", stack), log)
    deadline = time.monotonic() + moment
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    hit = kill(target, process.pid) if process.poll() is None else ""
    process.wait()
    ended: Ended = run("up", "--stack", stack, log=log)
    what = f"{hit} after {moment:.1f} s" if hit else f"nothing: up ended before {moment:.1f} s"
    return Round(what, ended.seconds, ended.status == 0, "" if ended.status == 0 else ended.output)


def kill(target: str, root: int) -> str:
    """Kill one process of the target's sort below a process; the process itself where there is none."""
    below = descendants(root, processes())
    names = {pid: name_of(pid) for pid in below}
    wanted: dict[str, Callable[[str], bool]] = {
        "the engine": lambda name: name == "pulumi",
        "a provider": lambda name: name.startswith("pulumi-resource") or name == "python3",
        "a builder": lambda name: name in {"go", "compile", "link", "kind", "ctr", "cp"},
    }
    matches = [pid for pid, name in names.items() if target in wanted and wanted[target](name)]
    pid = matches[0] if matches else root
    os.kill(pid, signal.SIGKILL)
    return f"{target} ({names[pid]})" if matches else "the command"


def descendants(root: int, alive: dict[int, Process]) -> list[int]:
    """Pids below a process, in the sessions that it and they lead."""
    found = [root]
    for pid in found:
        found += [child for child in children(pid) if child in alive]
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


def kill_running(stack: str, name: str, kill_it: Callable[[str], None]) -> Round:
    """Kill something under a stack that is up, run `up`, and wait for the same answer."""
    places, settings = open_stack(stack)
    endpoint = next(one for one in endpoints(settings, {}) if one.example)
    sample = choose_sample(places.cache)
    began = time.monotonic()
    kill_it(stack)
    with tempfile.TemporaryDirectory() as scratch:
        ended = run("up", "--stack", stack, log=Path(scratch) / "log")
    while not (right := check_prediction(endpoint, sample).right):
        if time.monotonic() - began > _BACK_SECONDS:
            break
        time.sleep(_POLL_SECONDS)
    took = time.monotonic() - began
    well = right and took <= _BACK_SECONDS
    return Round(f"{name}, then up", took, well, "" if well else ended.output)


def kill_node(stack: str) -> None:
    """Kill the container of the stack's node."""
    from command.display.board import Board
    from command.local_machine import LocalMachine
    from machine.process import run as call

    places, settings = open_stack(stack)
    machine = LocalMachine(places, settings, Board([]))
    docker = machine.program("docker")
    endpoint = machine.docker()
    node = f"{cluster_name(stack)}-control-plane"
    call(endpoint.command(docker, "kill", node), environment=endpoint.environment())


def kill_engine(stack: str) -> None:
    """Kill the private Docker Engine; the user's own is never touched."""
    from machine.docker.private import PrivateEngine

    places, _ = open_stack(stack)
    pid = PrivateEngine(places.cache).pid()
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
