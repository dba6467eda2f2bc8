"""The real engine with the pack: a bad plan is refused before anything is made, a good one passes."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rule import Rule
from tests.engine.policies.stacks import Stack
from tests.unit.policies.state import SERVING, resources_of

pytestmark = pytest.mark.engine

SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"


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
