"""`python -m bench.eks`: how long the program of eks-prod takes in a preview, the import of AWS's SDK apart.

The program runs on the tests' double of the engine, as in a first preview: no plugin and no account takes
part, so that what is measured is ours. Processor time, since a crowded machine makes clocks tell little, and
beside the stack `existing`: the same platform on a cluster that somebody else made.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from command.engine.places import CHECKOUT
from machine.cache import Cache

_STACK, _BESIDE = "eks-prod", "existing"
_TIMES = 3
_BUDGET = 1.6
"""Most times a resource of `existing`: those of AWS have more inputs that are outputs of others."""


@dataclass(frozen=True)
class Run:
    """One preview.

    Attributes:
        sdk: Processor seconds to import AWS's SDK; hardly any where the stack does without.
        program: Processor seconds of the program after that, its own imports among them.
        resources: How many it registers.
    """

    sdk: float
    program: float
    resources: int

    @property
    def each(self) -> float:
        """Processor seconds of the program for a resource."""
        return self.program / self.resources


def main() -> int:
    """Measure and print a table; 1 if the program is over its budget."""
    parser = argparse.ArgumentParser(prog="python -m bench.eks", description=__doc__)
    parser.add_argument(
        "--times", type=int, default=_TIMES, help=f"runs of which the median counts ({_TIMES})"
    )
    parser.add_argument("--one", metavar="STACK", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(vars(preview(options.one))))
        return 0
    with tempfile.TemporaryDirectory() as home:
        kubeconfig = Path(home) / ".kube" / "config"
        kubeconfig.parent.mkdir()
        kubeconfig.write_text("a kubeconfig of somebody's cluster")
        found = {stack: measure(stack, options.times, home) for stack in (_BESIDE, _STACK)}
    print(table(found))
    return 0 if ratio(found) <= _BUDGET else 1


def measure(stack: str, times: int, home: str) -> Run:
    """The median of some previews, each in a process of its own: imports are done once in each."""
    environment = {**os.environ, "HOME": home, "KSERVE_PLATFORM_CACHE": str(Cache.default().root)}
    command = [sys.executable, "-m", "bench.eks", "--one", stack]
    runs = []
    for _ in range(times):
        ended = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, check=True)
        runs.append(Run(**json.loads(ended.stdout.splitlines()[-1])))
    return Run(
        sdk=statistics.median(run.sdk for run in runs),
        program=statistics.median(run.program for run in runs),
        resources=runs[0].resources,
    )


def preview(stack: str) -> Run:
    """Run `__main__.py` once, in this process."""
    from components.settings.load import load_stack_file
    from tests.unit.settings.handed_over import handed_over

    # Not imported by name: what it does to the SDK has no types.
    recorder_of = importlib.import_module("tests.components.mocks").Recorder
    file = CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml"
    began = time.process_time()
    if load_stack_file(file).cluster.provider == "eks":
        import_sdk()
    now = time.process_time()
    began, sdk = now, now - began
    recorder = recorder_of(stack=stack, preview=True, config=handed_over(file))
    recorder.run(lambda: runpy.run_path(str(CHECKOUT / "__main__.py"), run_name="__main__"))
    return Run(sdk=sdk, program=time.process_time() - began, resources=len(recorder.resources))


def import_sdk() -> None:
    """Import what the program uses of the SDK, which reads a service's classes when one of them is named."""
    aws = importlib.import_module("pulumi_aws")
    for file in sorted((CHECKOUT / "components" / "cluster" / "eks").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        for service, name in re.findall(r"\baws\.([a-z][a-z0-9]*)\.([A-Z]\w+)", text):
            getattr(getattr(aws, service), name)


def ratio(found: dict[str, Run]) -> float:
    """How many times a resource of the stack beside it one of the stack takes."""
    return found[_STACK].each / found[_BESIDE].each


def table(found: dict[str, Run]) -> str:
    """A row for each stack, and the ratio against its budget."""
    rows = [f"{'stack':<10} {'resources':>10} {'SDK of AWS':>12} {'program':>10} {'a resource':>12}"]
    for stack, run in found.items():
        rows.append(
            f"{stack:<10} {run.resources:>10} {run.sdk:>10.2f} s {run.program:>8.2f} s"
            f" {1000 * run.each:>9.2f} ms"
        )
    rows.append(f"a resource of {_STACK} takes {ratio(found):.2f} times one of {_BESIDE}; budget {_BUDGET}")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
