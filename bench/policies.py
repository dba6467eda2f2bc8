"""`python -m bench.policies`: what the policy pack adds to a preview, against its budget.

The real engine previews a program of doubles: components under the names of resources of AWS and Kubernetes,
a good stack of EKS and workloads, over and over. No plugin takes part, so the preview without the pack is as
quick as it can be, and the ratio as bad. All rules are asked, as in production, and all give advice only.
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
from policies.rule import Resource

_COUNT, _TIMES = 500, 3
_BUDGET = 2.0
_POD = {
    "containers": [
        {
            "name": name,
            "image": f"registry.example.com/{name}:1.0.0",
            "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
            "env": [{"name": f"VARIABLE_{number}", "value": str(number)} for number in range(10)],
        }
        for name in ("server", "agent")
    ]
}
_META = {"name": "digits", "namespace": "models", "labels": {"app": "digits"}}
_WORKLOADS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "kubernetes:apps/v1:Deployment",
        {"metadata": _META, "spec": {"replicas": 2, "template": {"spec": _POD}}},
    ),
    ("kubernetes:core/v1:ConfigMap", {"metadata": _META, "data": {f"key-{n}": "x" * 200 for n in range(10)}}),
    (
        "kubernetes:serving.kserve.io/v1beta1:InferenceService",
        {"metadata": _META, "spec": {"predictor": {"minReplicas": 1, "maxReplicas": 3, **_POD}}},
    ),
)
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
    return [(one.type, dict(one.props)) for one in islice(_copies(), count)]


def _copies() -> Iterator[Resource]:
    from tests.unit.policies.eks.good_stack import good_stack

    workloads = [Resource(token, "", "", props) for token, props in _WORKLOADS]
    for copy, stack in enumerate(cycle([good_stack(), *[workloads] * 10])):
        names = {str(one.props[key]) for one in stack for key in ("id", "arn", "name") if key in one.props}
        for one in stack:
            yield Resource(one.type, one.name, one.urn, _renamed(dict(one.props), names, f"-{copy}"))


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
        ("processor time of the pack", f"{statistics.median(_pack(one) for one in packed):.2f}"),
        ("ratio to the preview without it", f"{after / before:.2f}"),
    )
    return "\n".join(f"{name:<48} {value}" for name, value in rows)


def _added(without: list[Measured], packed: list[Measured]) -> float:
    return _seconds(packed) - _seconds(without)


def _seconds(measured: list[Measured]) -> float:
    return statistics.median(one.seconds for one in measured)


def _pack(measured: Measured) -> float:
    return measured.processor.get("pack", 0.0)


if __name__ == "__main__":
    sys.exit(main())
