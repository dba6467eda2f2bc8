"""`make bench`: how long up, an unchanged up and down take, beside a plain kubectl install of the same."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench import baseline
from bench.runs import Ended, must
from command.display.board import Board
from command.display.words import duration
from command.endpoints import endpoints
from command.engine.events import Phase, ResourceEvent, parse_event
from command.engine.places import Places
from command.local_machine import LocalMachine
from command.samples import choose_sample
from command.stack import open_stack

_UNCHANGED = "unchanged"


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.timings", description=__doc__)
    parser.add_argument("--stack", default="local", help="stack to measure (local); it must be down")
    parser.add_argument("--cold", action="store_true", help="also from an empty cache (half an hour, 34 GiB)")
    parser.add_argument("--no-baseline", action="store_true", help="leave the kubectl install out")
    options = parser.parse_args()
    rows: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        if options.cold:
            rows.append(("up, empty cache", cold(options.stack, log).seconds))
        rows += warm(options.stack, log, with_baseline=not options.no_baseline)
    print(table(rows))
    return 0


def cold(stack: str, log: Path) -> Ended:
    """From an empty cache to the prediction, and that cache away again."""
    folder = Path(tempfile.mkdtemp(prefix="kserve-platform-cold-"))
    try:
        ended = must("up", "--stack", stack, log=log, cache=folder)
        must("down", "--stack", stack, log=log, cache=folder)
        return ended
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def warm(stack: str, log: Path, *, with_baseline: bool) -> list[tuple[str, float]]:
    """Up, unchanged, down, and the same by kubectl."""
    places, settings = open_stack(stack)
    must("up", "--stack", stack, log=log)  # whatever is missing in the cache is built here
    must("down", "--stack", stack, log=log)
    up = must("up", "--stack", stack, log=log)
    ours = since_node(places.log("pulumi-up").with_suffix(".events"), up.seconds)
    again = must("up", "--stack", stack, log=log)
    if f" {_UNCHANGED}" not in again.output:
        print(f"The second up changed something:\n{again.output}", file=sys.stderr)
    resources = exported(places, settings)
    down = must("down", "--stack", stack, log=log)
    rows = [
        ("up, warm cache, nothing running", up.seconds),
        ("  of it from an API server that answers to the prediction", ours),
        ("up, unchanged", again.seconds),
        ("down", down.seconds),
    ]
    if not with_baseline:
        return rows
    asked = next(one for one in endpoints(settings, {}) if one.example)
    print("kubectl, as KServe's quick install:", file=sys.stderr)
    took = baseline.measure(
        places.cache,
        resources,
        asked,
        choose_sample(places.cache),
        lambda text: print(text, file=sys.stderr),
    )
    theirs = sum(took.values())
    return [*rows, ("kubectl, from the same moment", theirs), ("  ratio", ours / theirs)]


def since_node(events: Path, whole: float) -> float:
    """Seconds of a run after its node's API server answered, by the engine's own clock (whole seconds).

    The comparison begins at the same moment: the same lifecycle hands over both clusters before their node is
    Ready for pods.

    Args:
        events: The engine's events of the run.
        whole: The run's wall clock, whose end is the prediction; the engine ends a moment before.
    """
    times: list[int] = []
    node = 0
    for line in events.read_text(encoding="utf-8").splitlines():
        row = json.loads(line) if line.startswith("{") else {}
        times += [int(row["timestamp"])] if "timestamp" in row else []
        event = parse_event(line)
        made = isinstance(event, ResourceEvent) and event.type.endswith(":index:KindCluster")
        if made and isinstance(event, ResourceEvent) and event.phase is Phase.ENDED:
            node = int(row["timestamp"])
    return float(max(times) - node) if node else whole


def exported(places: Places, settings: object) -> list[dict[str, object]]:
    """The state of a stack that is up, secrets opened."""
    board = Board([])
    engine = LocalMachine(places, settings, board).engine()  # type: ignore[arg-type]
    text = engine.call("stack", "export", "--show-secrets")
    resources: list[dict[str, object]] = json.loads(text)["deployment"]["resources"]
    return resources


def table(rows: Iterable[tuple[str, float]]) -> str:
    """Rows as text."""
    lines = [f"{os.cpu_count()} cores"]
    for name, value in rows:
        shown = f"{value:.2f}" if name.strip() == "ratio" else duration(value)
        lines.append(f"{name:<58} {shown:>14}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
