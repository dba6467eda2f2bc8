"""The real engine with the pack: a bad plan is refused before anything is made, a good one passes.

The program registers components under the names of Kubernetes types: the engine asks a pack about those as
about any resource, and no plugin is needed. They are doubles of the objects, labelled as such.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from command.engine.environment import engine_variables, search_path
from command.engine.places import CHECKOUT, Places
from command.engine.policies import write_pack
from command.engine.store import prepare_store
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain
from policies.rule import Rule
from tests.unit.policies.state import SERVING, resources_of

pytestmark = pytest.mark.engine

SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
_PROGRAM = """\
import json
import pulumi


class Double(pulumi.ComponentResource):
    def __init__(self, token, name, props):
        super().__init__(token, name, props)
        # Rules over a stack see outputs: real objects have their inputs there.
        self.register_outputs(props)


for number, (token, props) in enumerate(json.load(open("objects.json"))):
    Double(token, f"object-{number}", props)
"""


class Stack:
    """A checkout with the program, and the engine with the pack on it."""

    def __init__(self, folder: Path, stack: str) -> None:
        self.places = Places(Cache(folder / "cache"), stack, folder / "checkout")
        (self.places.checkout / "stacks").mkdir(parents=True)
        (self.places.checkout / "Pulumi.yaml").write_text("name: kserve-platform\nruntime: python\n")
        (self.places.checkout / "__main__.py").write_text(_PROGRAM)
        self.configure("{}")
        program = Toolchain(Cache.default(), Silent()).ensure("pulumi")["pulumi"]
        pack = write_pack(self.places, CHECKOUT / "policies")
        folders = (str(Path(sys.executable).parent), str(program.parent), str(pack.programs))
        self._variables = {
            **os.environ,
            **engine_variables(self.places, offline=True),
            **pack.variables,
            "PATH": search_path(folders, os.environ["PATH"]),
            "PULUMI_OPTION_CONFIG_FILE": str(self.places.engine_stack_file),
        }
        prepare_store(self.places, self._variables)

    def configure(self, config: str) -> None:
        """Write the stack's file, and the copy that the engine reads."""
        for file in (self.places.stack_file, self.places.engine_stack_file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"config: {config}\n")

    def run(
        self, arguments: Sequence[str], *objects: tuple[str, Mapping[str, Any]], **variables: str
    ) -> tuple[int, str]:
        """Exit status of a command, and all that was said."""
        (self.places.checkout / "objects.json").write_text(json.dumps(objects))
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.places.checkout,
            env={**self._variables, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def stack(tmp_path: Path, request: pytest.FixtureRequest) -> Stack:
    return Stack(tmp_path, request.param)


def _service(**model: Any) -> tuple[str, dict[str, Any]]:
    meta = {"name": "iris", "namespace": "models"}
    return SERVICE, {"metadata": meta, "spec": {"predictor": {"model": model}}}


def _gpu() -> tuple[str, dict[str, Any]]:
    return _service(resources={"limits": {"nvidia.com/gpu": "1"}})


@pytest.mark.parametrize("stack", ["local"], indirect=True)
@pytest.mark.parametrize("arguments", [["preview"], ["up", "--yes"], ["up", "--yes", "--skip-preview"]])
def test_the_engine_refuses_a_bad_plan(stack: Stack, arguments: list[str]) -> None:
    status, said = stack.run(arguments, _gpu())

    assert status != 0
    assert "[mandatory] [severity: high]  isvc-gpu-tolerates" in said
    assert "do:   tolerate nvidia.com/gpu, operator Exists, effect NoSchedule" in said


@pytest.mark.parametrize("stack", ["local"], indirect=True)
def test_advice_stops_nothing(stack: Stack) -> None:
    status, said = stack.run(["up", "--yes"], _service(storageUri="pvc://model-store/mnist"))

    assert (status, "[advisory] [severity: high]  isvc-resources" in said) == (0, True), said


@pytest.mark.parametrize("stack", ["eks-prod"], indirect=True)
def test_what_development_is_advised_production_is_refused(stack: Stack) -> None:
    status, said = stack.run(["preview"], _service(storageUri="pvc://model-store/mnist"))

    assert status != 0
    assert "[mandatory] [severity: high]  isvc-resources" in said


@pytest.mark.parametrize("stack", ["mine"], indirect=True)
def test_a_stack_of_ones_own_on_kind_is_advised_unless_a_person_says_it_is_production(stack: Stack) -> None:
    stack.configure("{kserve-platform:cluster: {provider: kind}}")
    service = _service(storageUri="pvc://model-store/mnist")

    status, said = stack.run(["preview"], service)
    assert (status, "[advisory] [severity: high]  isvc-resources" in said) == (0, True), said

    status, said = stack.run(["preview"], service, KSERVE_PLATFORM_ENVIRONMENT="prod")
    assert (status != 0, "[mandatory] [severity: high]  isvc-resources" in said) == (True, True), said


@pytest.mark.parametrize("stack", ["mine"], indirect=True)
def test_a_wrong_environment_is_one_error_before_anything_runs(stack: Stack) -> None:
    status, said = stack.run(["preview"], KSERVE_PLATFORM_ENVIRONMENT="production")

    told = said.partition("Diagnostics:")[2]
    assert status != 0
    assert "KSERVE_PLATFORM_ENVIRONMENT: this is no environment\n      seen: production\n" in told
    assert told.count("error:") == 1
    assert "Traceback" not in said


@pytest.mark.parametrize("stack", ["eks-prod"], indirect=True)
@pytest.mark.parametrize("rule", SERVING, ids=lambda rule: rule.id)
def test_the_engine_refuses_the_bad_state_of_every_serving_rule(stack: Stack, rule: Rule) -> None:
    states = [(one.type, dict(one.props)) for one in resources_of(f"{rule.id}-fail")]

    status, said = stack.run(["preview"], *states)

    assert status != 0, said
    assert f"[mandatory] [severity: {rule.severity.value}]  {rule.id}  " in said
