"""`make soak`: kill something at twenty random moments of `up`, each time `up` again; then node and engine.

It wants a cache that no other stack works in: it takes things out of it, so that there are builders to kill,
and kills the Docker Engine that every stack of that cache shares.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.kills import kill_docker_engine, kill_node, kill_one
from bench.runs import must, run, start
from command.display.words import duration
from command.endpoints import endpoints
from command.prove import check_prediction
from command.samples import choose_sample
from command.stack import open_stack

_EARLIEST_SECONDS = 0.3
_LAST_PART = 0.95
_BACK_SECONDS = 90.0
_POLL_SECONDS = 0.05
_EVERY_BUILDING = 4
# What is made again within a minute: two small programs and every containerd store.
_REMADE = ("tools/kind", "tools/helm", "stores", "rendered")


@dataclass(frozen=True)
class Round:
    """One kill and what came after.

    Attributes:
        killed: What was killed, and when.
        again: Seconds of the `up` that followed, or from the kill to the right answer.
        well: It ended in a right prediction, in time where there is a limit.
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
    rounds = []
    for one in soak(options.stack, options.rounds, random.Random(seed)):
        mark = "well" if one.well else "BADLY"
        print(f"killed {one.killed:<48} then {duration(one.again):>12}, ended {mark}", flush=True)
        if one.output:
            print(f"\n{one.output}\n", flush=True)
        rounds.append(one)
    well = sum(one.well for one in rounds)
    print(f"\n{well} of {len(rounds)} ended well")
    return 0 if well == len(rounds) else 1


def soak(stack: str, count: int, dice: random.Random) -> Iterator[Round]:
    """Every round, as it ends. Kills are spread over what an undisturbed `up` takes on this machine."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        must("up", "--stack", stack, log=log)  # whatever the cache lacks is built here
        must("down", "--stack", stack, log=log)
        whole = must("up", "--stack", stack, log=log).seconds
        landed = 0
        while landed < count:
            must("down", "--stack", stack, log=log)
            if landed % _EVERY_BUILDING == 0:
                make_work(stack)
            one = kill_up(stack, dice, whole, log)
            if one is not None:
                landed += 1
                yield one
        yield back(stack, "the node", kill_node)
        yield back(stack, "the Docker Engine", kill_docker_engine)


def make_work(stack: str) -> None:
    """Take out of the cache what is quickly made again, so that there is something to build."""
    places, _ = open_stack(stack)
    for path in _REMADE:
        shutil.rmtree(places.cache.path(path), ignore_errors=True)


def kill_up(stack: str, dice: random.Random, whole: float, log: Path) -> Round | None:
    """Start `up`, kill one of its processes, `up` again; None if it was over before the moment."""
    moment = dice.uniform(_EARLIEST_SECONDS, whole * _LAST_PART)
    process = start(("up", "--stack", stack), log)
    deadline = time.monotonic() + moment
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    if process.poll() is not None:
        return None
    hit = kill_one(process.pid, dice)
    process.wait()
    ended = run("up", "--stack", stack, log=log)
    return Round(
        f"{hit} after {moment:.1f} s", ended.seconds, ended.status == 0, ended.output if ended.status else ""
    )


def back(stack: str, name: str, kill_it: Callable[[str], None]) -> Round:
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


if __name__ == "__main__":
    sys.exit(main())
