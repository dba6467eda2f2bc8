"""The shipped stacks pass the policy pack, asked as the engine asks it, in a first preview and in `up`."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policies.registry import ALL_RULES
from tests.components.mocks import Recorder, Registration, wire
from tests.plans.program import PLANS, Run
from tests.unit.policies.analyzer import Analyzer, Sent

pytestmark = pytest.mark.build

# Who may take a role hangs on the cluster's ARN, and a bucket's policy on the bucket's.
JUDGED_LATER = {
    "eks-dev": {"pod-identity-least"},
    "eks-prod": {"model-bucket-private", "pod-identity-least"},
}
# Stacks whose cluster is no more of one environment than of another. Those of EKS say what theirs is for:
# eks-dev has no business in production.
ANYWHERE = [plan for plan in PLANS if not plan.startswith("eks-")]
REFUSES = {analyzer_pb2.MANDATORY, analyzer_pb2.REMEDIATE}


def judged(recorder: Recorder, stack: str) -> list[Any]:
    """What the pack says about a program that has run, in a stack of a name."""
    analyzer = Analyzer(ALL_RULES, stack)
    sent = [_sent(found) for found in recorder.resources if not found.read]
    return [one for resource in sent for one in analyzer.analyze(resource)] + analyzer.analyze_stack(sent)


def _sent(found: Registration) -> Sent:
    return Sent(
        found.type,
        found.urn,
        wire(found.inputs),
        protect=found.protect,
        ignore_changes=found.ignore_changes,
        parent=found.parent,
        dependencies=sorted(found.depends_on),
        property_dependencies={name: sorted(urns) for name, urns in found.property_dependencies.items()},
    )


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("plan", PLANS)
def test_a_shipped_stack_is_refused_nothing(plan: str, preview: bool, run: Run) -> None:
    told = judged(run(plan, preview=preview), plan.removesuffix("-built"))

    assert [one.message for one in told if one.enforcementLevel in REFUSES] == []


@pytest.mark.parametrize("plan", PLANS)
def test_a_first_preview_leaves_little_of_a_shipped_stack_to_be_judged_later(plan: str, run: Run) -> None:
    told = judged(run(plan, preview=True), plan.removesuffix("-built"))

    later = {one.policyName for one in told if "cannot be judged" in one.message}
    assert later == JUDGED_LATER.get(plan, set())


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("environment", ["staging", "prod"])
@pytest.mark.parametrize("plan", ANYWHERE)
def test_the_same_platform_passes_in_production_once_it_encrypts(
    plan: str, environment: str, preview: bool, run: Run
) -> None:
    told = judged(run(plan, preview=preview, encrypted=True), environment)

    assert [one.message for one in told if one.enforcementLevel in REFUSES] == []


@pytest.mark.parametrize("environment", ["staging", "prod"])
@pytest.mark.parametrize("plan", ANYWHERE)
def test_nothing_but_encryption_is_left_to_be_decided(plan: str, environment: str, run: Run) -> None:
    told = judged(run(plan), environment)

    assert {one.policyName for one in told if one.enforcementLevel in REFUSES} == {"gateway-tls-internal"}
