"""The production stack of EKS in three parts: each against its golden plan, and all together the whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from tests.components.mocks import Recorder, Secret
from tests.plans.plan import plan_of
from tests.plans.program import PARTS, ROOT, Machine, Run
from tests.plans.test_policies import REFUSES, judged
from tests.unit.settings.handed_over import handed_over

pytestmark = pytest.mark.build

CLUSTER, SERVICES = "kserve-platform:cluster", "kserve-platform:services"
REFERENCES = {part: f"organization/kserve-platform/eks-prod-{part}" for part in ("infra", "platform")}
BELOW: Mapping[str, tuple[str, ...]] = {
    "infra": (),
    "platform": ("infra",),
    "services": ("infra", "platform"),
}


def _config(part: str) -> dict[str, str]:
    """The configuration of a part: that of the whole, and which part it is."""
    config = handed_over(ROOT / "stacks" / "Pulumi.eks-prod.yaml")
    cluster = json.loads(config[CLUSTER])
    cluster["modelBuckets"]["models"]["readers"] = ["torchserve"]
    if part != "all":
        cluster["stack"] = {"part": part, **{name: REFERENCES[name] for name in BELOW[part]}}
    config[CLUSTER] = json.dumps(cluster)
    if part in {"infra", "platform"}:
        del config[SERVICES]
    return config


@pytest.fixture(scope="module")
def run(machine: Machine) -> Run:
    """Runs the shipped program for a part, once for each, with the outputs of the parts below it."""

    @cache
    def part(name: str, *, preview: bool = False) -> Recorder:
        stacks = {REFERENCES[below]: part(below).exports for below in BELOW.get(name, ())}
        stack = "eks-prod-infra" if name == "all" else f"eks-prod-{name}"
        return machine.run(Recorder(stack=stack, preview=preview, config=_config(name), stacks=stacks))

    return part


def _made(recorder: Recorder) -> dict[tuple[str, str], Any]:
    return {
        (found.type, found.name): found.inputs
        for found in recorder.resources
        if not found.read and not found.type.startswith("pulumi:providers:")
    }


@pytest.mark.parametrize("name", PARTS)
def test_a_part_makes_what_its_golden_plan_says(
    name: str, run: Run, golden: Callable[[str, str], str]
) -> None:
    plan = plan_of(run(name.removeprefix("eks-prod-")))

    assert plan == golden(name, plan)


def test_the_parts_make_together_what_the_whole_makes_and_nothing_twice(run: Run) -> None:
    parts = [_made(run(part)) for part in BELOW]

    assert sum(map(len, parts)) == len({key for part in parts for key in part})
    assert {key: inputs for part in parts for key, inputs in part.items()} == _made(run("all"))


def test_only_the_infra_part_makes_anything_in_aws_and_nothing_else(run: Run) -> None:
    kinds = {
        part: {found.type.partition(":")[0] for found in run(part).resources if found.custom} - {"pulumi"}
        for part in BELOW
    }

    assert kinds["infra"] == {"aws"}
    assert kinds["platform"] == {"kubernetes", "kserve-cluster"} == kinds["services"]


@pytest.mark.parametrize("part", ["platform", "services"])
def test_a_kubeconfig_out_of_another_stack_stays_a_secret(part: str, run: Run) -> None:
    recorder = run(part)
    providers = [found for found in recorder.resources if found.type.startswith("pulumi:providers:")]

    assert isinstance(run("infra").exports["kubeconfig"], Secret)
    assert {type(found.inputs["kubeconfig"]) for found in providers} == {Secret}
    assert isinstance(recorder.exports["kubeconfig"], Secret)
    assert "get-token" not in plan_of(recorder)


def test_what_the_infra_part_tells_is_not_secret_where_nothing_of_it_is(run: Run) -> None:
    told = run("infra").exports["infra"]

    assert set(told) == {
        "instanceProfile",
        "interruptionQueue",
        "keyArn",
        "nodeRole",
        "readers",
        "roles",
        "securityGroup",
        "subnets",
        "vpc",
    }
    assert not any(isinstance(value, Secret) for value in told.values())


@pytest.mark.parametrize("part", list(BELOW))
def test_a_first_preview_of_a_part_shows_all_that_it_will_make(part: str, run: Run) -> None:
    assert set(_made(run(part, preview=True))) == set(_made(run(part)))


def test_services_say_where_they_answer_and_what_they_are_on(run: Run) -> None:
    exports = run("services").exports

    assert exports["url"] == "https://ingress.example.org:443"
    assert exports["versions"] == run("platform").exports["versions"]
    assert exports["serviceHostnames"] == {"torchserve": "torchserve.kserve-test.models.example.org"}


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("part", list(BELOW))
def test_no_policy_of_production_refuses_a_part(part: str, preview: bool, run: Run) -> None:
    told = judged(run(part, preview=preview), f"eks-prod-{part}")

    assert [one.message for one in told if one.enforcementLevel in REFUSES] == []
