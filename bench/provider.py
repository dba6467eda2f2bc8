"""`python -m bench.provider`: what the stand-in for the Kubernetes plugin costs, against its budgets.

The real engine works on a project of its own. Behind it is the API server double of the tests, inside this
process; or with --kind a kind cluster that is made for it and goes again; or with --cluster the cluster of a
stack that is up: there everything lies in a namespace of its own, and the CRDs are copies in groups of their
own.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.plugin import start_seconds
from bench.project import Measured, Project
from bench.provider_programs import CrdFile, config_maps, copies_of_crds, crd_sets
from command.display.board import Board
from command.local_machine import LocalMachine
from command.stack import open_stack
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain

_COUNT = 200
_MEGABYTES = 80.0
_START_SECONDS = 0.2
_BUDGETS = {"up": 15.0, "unchanged up": 6.0, "update": 15.0, "refresh": 7.0, "destroy": 25.0}
"""Seconds for 200 ConfigMaps on a quiet machine of two cores. The first two were set with the stand-in; the
others are what the official provider took when both were measured side by side: 12.0, 6.9 and 20.7, of which
20 are the deletion of the namespace.
"""
_CRD_SECONDS = 30.0
"""For the platform's CRDs: the official provider took 13 to 18 for a single one of 855 KB."""
_HEAD = f"{'':<28} {'seconds':>8} {'budget':>7}   engine  program  plugins  calls  in calls"
_KEY = "engine, program, plugins: seconds of processor time; in calls: wall seconds in the plugin's calls"


def main() -> int:
    """Measure and print a table; 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m bench.provider", description=__doc__)
    where_to = parser.add_mutually_exclusive_group()
    where_to.add_argument(
        "--kind", action="store_true", help="on a kind cluster made for it, as the tests do"
    )
    where_to.add_argument("--cluster", action="store_true", help="on the cluster of a stack that is up")
    parser.add_argument("--stack", default="local", help="that stack (local)")
    parser.add_argument("--count", type=int, default=_COUNT, help=f"ConfigMaps ({_COUNT})")
    options = parser.parse_args()
    # A shell's background jobs ignore SIGINT, and so would the language host that the engine ends by it:
    # five seconds more for every command.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cache = Cache.default()
    if options.cluster:
        where, kubeconfig, close = f"the cluster of stack {options.stack}", of_stack(options.stack), _nothing
    elif options.kind:
        where, kubeconfig, close = "a kind cluster made for it", *kind()
    else:
        where, kubeconfig, close = "an API server double inside this process", *double()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {where}\n{_KEY}\n\n{_HEAD}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            pulumi = Toolchain(cache, Silent()).ensure("pulumi")["pulumi"]
            within = measure_maps(Path(folder) / "maps", pulumi, kubeconfig, options.count)
            within = measure_crds(Path(folder) / "crds", pulumi, kubeconfig, cache) and within
    finally:
        close()
    start = start_seconds()
    print(row("start to port line", start, _START_SECONDS))
    return 0 if within and start <= _START_SECONDS else 1


def measure_maps(folder: Path, pulumi: Path, kubeconfig: str, count: int) -> bool:
    """ConfigMaps up, unchanged, updated, refreshed and destroyed; whether all budgets are kept."""
    project = Project(folder, pulumi, kubeconfig)
    project.program(config_maps(count, "first"))
    steps: list[tuple[str, Callable[[], Measured]]] = [
        ("up", project.up),
        ("unchanged up", project.up),
        ("update", project.up),
        ("refresh", project.refresh),
        ("destroy", project.destroy),
    ]
    kept, megabytes = True, 0.0
    for name, step in steps:
        if name == "update":
            project.program(config_maps(count, "second"))
        took = step()
        megabytes = max(megabytes, took.megabytes)
        kept = kept and took.seconds <= _BUDGETS.get(name, took.seconds)
        print(row(f"{count} ConfigMaps, {name}", took.seconds, _BUDGETS.get(name), took), flush=True)
    print(f"{'peak memory of the plugin':<28} {megabytes:>5.0f} MB {_MEGABYTES:>4.0f} MB")
    return kept and megabytes <= _MEGABYTES


def measure_crds(folder: Path, pulumi: Path, kubeconfig: str, cache: Cache) -> bool:
    """The platform's CRDs, every set of them that the cache has rendered, up and away; whether in time."""
    project = Project(folder, pulumi, kubeconfig)
    files: Sequence[CrdFile] = copies_of_crds(cache, project.cache)
    if not files:
        print("no CRDs are rendered in the cache yet: run `make up` first")
        return False
    project.program(crd_sets(files, kubeconfig))
    count, kept = sum(len(one.names) for one in files), True
    for name, step in (("up", project.up), ("unchanged up", project.up), ("destroy", project.destroy)):
        took = step()
        kept = kept and took.seconds <= _CRD_SECONDS
        print(row(f"{count} CRDs, {name}", took.seconds, _CRD_SECONDS, took), flush=True)
    return kept


def row(name: str, seconds: float, budget: float | None, took: Measured | None = None) -> str:
    """One line of the table."""
    shown = f"{budget:.1f}" if budget is not None else ""
    line = f"{name:<28} {seconds:>8.2f} {shown:>7}"
    if took is None:
        return line
    parts = " ".join(f"{took.processor.get(part, 0.0):>8.1f}" for part in ("engine", "program", "plugins"))
    return f"{line} {parts} {took.calls:>6} {took.in_calls:>9.1f}"


def double() -> tuple[str, Callable[[], None]]:
    """Start the double; its kubeconfig, and what ends it."""
    from bench.double import BenchDouble

    api = BenchDouble()
    return api.kubeconfig(), api.close


def kind() -> tuple[str, Callable[[], None]]:
    """Make a kind cluster as the tests do; its kubeconfig, and what takes it away."""
    from providers.rpc import reveal
    from tests.cluster.kind.conftest import images_of_tests, machine_of_tests, settle

    with ExitStack() as ending:
        clusters = ending.enter_context(machine_of_tests(images_of_tests()))
        outputs = clusters.create(clusters.inputs("bench"))
        settle(clusters.connect(outputs))
        return str(reveal(outputs["kubeconfig"])), ending.pop_all().close


def of_stack(stack: str) -> str:
    """The kubeconfig of a stack that is up."""
    places, settings = open_stack(stack)
    engine = LocalMachine(places, settings, Board([])).engine()
    return engine.call("stack", "output", "kubeconfig", "--show-secrets", "--stack", stack)


def _nothing() -> None: ...


if __name__ == "__main__":
    sys.exit(main())
