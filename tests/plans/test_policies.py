"""The shipped stacks pass the policy pack, asked as the engine asks it, in a first preview and in `up`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policies.registry import ALL_RULES
from tests.components.mocks import Recorder, wire
from tests.plans import test_golden_plans
from tests.plans.test_golden_plans import PLANS, Run
from tests.unit.policies.analyzer import Analyzer

pytestmark = pytest.mark.build

run = test_golden_plans.run
"""The fixture that runs the whole program for a stack file."""

# Those of EKS are not judged before their services have a way to machines with GPUs.
JUDGED = [plan for plan in PLANS if not plan.startswith("eks-")]
REFUSES = {analyzer_pb2.MANDATORY, analyzer_pb2.REMEDIATE}


def _told(recorder: Recorder, stack: str) -> list[Any]:
    analyzer = Analyzer(ALL_RULES, stack)
    sent: list[tuple[str, str, Mapping[str, Any]]] = [
        (found.type, found.urn, wire(found.inputs)) for found in recorder.resources if not found.read
    ]
    return [one for resource in sent for one in analyzer.analyze(*resource)] + analyzer.analyze_stack(sent)


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("plan", JUDGED)
def test_a_shipped_stack_is_refused_nothing(plan: str, preview: bool, run: Run) -> None:
    told = _told(run(plan, preview=preview), plan.removesuffix("-built"))

    assert [one.message for one in told if one.enforcementLevel in REFUSES] == []


@pytest.mark.parametrize("plan", JUDGED)
def test_a_first_preview_leaves_nothing_of_a_shipped_stack_to_be_judged_later(plan: str, run: Run) -> None:
    told = _told(run(plan, preview=True), plan.removesuffix("-built"))

    assert [one.message for one in told if "cannot be judged" in one.message] == []


def test_the_local_stack_would_be_refused_as_production(run: Run) -> None:
    refused = {one.policyName for one in _told(run("local"), "prod") if one.enforcementLevel in REFUSES}

    assert refused == {
        "gateway-tls-internal",
        "isvc-identity",
        "isvc-max-replicas",
        "isvc-probes-timeouts",
        "network-default-deny",
        "workload-hardened",
    }
