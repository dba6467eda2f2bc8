"""The pack as `make up` runs it: a preview that tells everything, and an update that is judged once more."""

from __future__ import annotations

from typing import Any

import pytest

from command.display.board import Board
from command.engine.store import read_checkpoint
from command.judgement import advice, refuse
from command.up import bring_up
from components.errors import PlatformError
from components.settings.load import load_stack_file
from tests.engine.policies.stacks import Stack
from tests.engine.policies.test_pack_on_engine import SERVICE
from tests.unit.command.doubles import FakeMachine, Lines

pytestmark = pytest.mark.engine

_TITLE = "Pods with GPUs go to machines with GPUs, and no others do"


def _service(name: str, **predictor: Any) -> tuple[str, dict[str, Any]]:
    model = {"runtime": "kserve-sklearnserver", "storageUri": "pvc://model-store/iris", **predictor}
    return SERVICE, {
        "metadata": {"name": name, "namespace": "models"},
        "spec": {"predictor": {"model": model}},
    }


@pytest.mark.parametrize("stack", ["local"], indirect=True)
def test_every_refusal_of_a_plan_is_told_at_once_and_nothing_is_made(stack: Stack) -> None:
    gpu = {"limits": {"nvidia.com/gpu": "1"}}
    stack.plan(_service("good"), _service("one", resources=gpu), _service("two", resources=gpu))

    outcome, progress = stack.engine.preview(Board([]))
    with pytest.raises(PlatformError) as refused:
        refuse(progress.violations)

    assert outcome.status != 0
    assert {(one.key.split(",")[0], one.what) for one in refused.value.problems} == {
        (f"InferenceService object-{number}", f"{_TITLE} (policy isvc-gpu-tolerates)") for number in (1, 2)
    }
    assert "policy isvc-identity: Every model has a service account of its own" in "\n".join(
        advice(progress.violations)
    )
    assert "resources" not in read_checkpoint(stack.places.checkpoint)


@pytest.mark.parametrize("stack", ["local"], indirect=True)
def test_an_update_is_judged_too(stack: Stack) -> None:
    stack.plan(_service("one", resources={"limits": {"nvidia.com/gpu": "1"}}))

    outcome, progress = stack.engine.operate(Board([]), "up")

    assert outcome.status != 0
    assert {one.policy for one in progress.violations if one.refused} == {"isvc-gpu-tolerates"}


_ONE = """\
import pulumi


class Double(pulumi.ComponentResource):
    def __init__(self, token, name, props):
        super().__init__(token, name, props)
        self.register_outputs(props)


Double("kubernetes:core/v1:ConfigMap", "good", {"metadata": {"name": "good"}, "data": {}})
"""


@pytest.mark.parametrize("stack", ["mine"], indirect=True)
def test_a_stack_is_brought_up_once_judged_then_unchanged_then_refused_before_it_changes(
    stack: Stack,
) -> None:
    stack.configure("{kserve-platform:cluster: {provider: kind}}")
    stack.program(_ONE)
    settings = load_stack_file(stack.places.stack_file)
    machine = FakeMachine(stack.engine)  # type: ignore[arg-type]

    def up() -> list[str]:
        lines = Lines()
        assert bring_up(stack.places, settings, Board([lines]), machine).status == 0
        return [name for name, _ in lines.closed_steps if "program" in name or "policies" in name]

    assert up() == ["judge the plan by the policies", "run the program"]
    assert up() == ["compare the program with what is there"]
    before = stack.places.checkpoint.read_text()
    stack.program(_ONE.replace('"data": {}', '"data": {"token": "AKIAIOSFODNN7EXAMPLE"}'))
    with pytest.raises(PlatformError) as refused:
        up()
    (problem,) = refused.value.problems
    assert problem.key == "ConfigMap good, data.token"
    assert (
        problem.what == "Keys are in Secrets, and Pulumi keeps those encrypted (policy no-plaintext-secret)"
    )
    assert stack.places.checkpoint.read_text() == before
