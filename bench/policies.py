"""`python -m bench.policies`: what the policy pack adds to a preview, against its budget.

The real engine previews a program of doubles: components under the names of resources of AWS and Kubernetes,
the tests' good stack of EKS and good workloads, over and over. No plugin takes part, so the preview without
the pack is as quick as it can be, and the ratio as bad. All rules are asked, as in production; what little
they find (a component cannot be protected) is advice, so that no preview ends early.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bench.plugin import port_seconds
from bench.project import Measured, Project
from command.engine.places import CHECKOUT, Places
from command.engine.policies import write_pack
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain

_COUNT, _TIMES = 500, 3
_BUDGET = 2.0
_STATES = CHECKOUT / "tests" / "unit" / "policies" / "state"
_WORKLOADS = ("isvc-identity-pass", "workload-hardened-pass", "network-default-deny-pass")
_TEXTS = {"metadata": {"name": "texts"}, "data": {f"key-{number}": "x" * 200 for number in range(10)}}
_PROGRAM = """\
import json
import pulumi


class Double(pulumi.ComponentResource):
    def __init__(self, token, name, props):
        super().__init__(token, name, props)
        self.register_outputs(props)


for number, (token, props) in enumerate(json.loads({objects!r})):
    Double(token, f"object-{{number}}", props)
"""


def main() -> int:
    """Measure and print a table; 1 if the pack adds more than its budget."""
    parser = argparse.ArgumentParser(prog="python -m bench.policies", description=__doc__)
    parser.add_argument("--count", type=int, default=_COUNT, help=f"resources ({_COUNT})")
    parser.add_argument("--times", type=int, default=_TIMES, help=f"previews of each kind ({_TIMES})")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        project = Project(
            Path(folder) / "bench", Toolchain(Cache.default(), Silent()).ensure("pulumi")["pulumi"]
        )
        project.program(_PROGRAM.format(objects=json.dumps(objects(options.count))))
        places = Places(project.cache, "bench")
        pack = write_pack(places, CHECKOUT / "policies")
        advice = Path(folder) / "advice.json"
        advice.write_text(json.dumps({"all": "advisory"}), encoding="utf-8")
        without = [project.preview() for _ in range(options.times)]
        packed = [project.preview(pack, advice) for _ in range(options.times)]
        start = port_seconds([pack.program, "127.0.0.1:1", "."])
    print(table(options.count, without, packed, start))
    return 0 if _added(without, packed) <= _BUDGET else 1


def objects(count: int) -> list[tuple[str, dict[str, Any]]]:
    """Type and properties of so many resources, every copy of a stack with names and ids of its own."""
    return list(islice(_copies(), count))


def _copies() -> Iterator[tuple[str, dict[str, Any]]]:
    from tests.unit.policies.eks.good_stack import good_stack

    cluster = [(one.type, dict(one.props)) for one in good_stack()]
    for copy, stack in enumerate(cycle([cluster, *[_workloads()] * 4])):
        names = {str(props[key]) for _, props in stack for key in ("id", "arn", "name") if key in props}
        for token, props in stack:
            yield token, _renamed(props, names, f"-{copy}")


def _workloads() -> list[tuple[str, dict[str, Any]]]:
    states = [json.loads((_STATES / f"{name}.json").read_text(encoding="utf-8")) for name in _WORKLOADS]
    found = [one for state in states for one in state["deployment"]["resources"]]
    return [*((one["type"], one["inputs"]) for one in found), ("kubernetes:core/v1:ConfigMap", _TEXTS)]


def _renamed(value: Any, names: set[str], suffix: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, names, suffix) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(inner, names, suffix) for inner in value]
    return value + suffix if isinstance(value, str) and value in names else value


def table(count: int, without: list[Measured], packed: list[Measured], start: float) -> str:
    """The measurements as text: medians, in seconds."""
    before, after = _seconds(without), _seconds(packed)
    rows = (
        (f"preview of {count} resources, without the pack", f"{before:.2f}"),
        ("  with the pack", f"{after:.2f}"),
        ("added by the pack, start-up and evaluation", f"{after - before:.2f}  budget {_BUDGET:.1f}"),
        ("  of it from start to port line", f"{start:.2f}"),
        ("processor time that is added by it", f"{_processor(packed) - _processor(without):.2f}"),
        ("  of it in the pack", f"{statistics.median(_pack(one) for one in packed):.2f}"),
        ("ratio to the preview without it", f"{after / before:.2f}"),
    )
    return "\n".join(f"{name:<48} {value}" for name, value in rows)


def _added(without: list[Measured], packed: list[Measured]) -> float:
    return _seconds(packed) - _seconds(without)


def _seconds(measured: list[Measured]) -> float:
    return statistics.median(one.seconds for one in measured)


def _processor(measured: list[Measured]) -> float:
    return statistics.median(sum(one.processor.values()) for one in measured)


def _pack(measured: Measured) -> float:
    return measured.processor.get("pack", 0.0)


if __name__ == "__main__":
    sys.exit(main())
