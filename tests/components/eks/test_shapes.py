"""Every input of every AWS resource against AWS's own models: enums, patterns and limits too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.eks.aws_requests import OPERATIONS
from tests.components.eks.aws_shapes import violations
from tests.components.eks.conftest import Run
from tests.components.mocks import Recorder

# Days that CloudWatch knows (PutRetentionPolicy's documentation: the model says integer only).
RETENTIONS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827}


def _refused(recorder: Recorder) -> list[str]:
    made = [found for found in recorder.resources if found.custom and found.type.startswith("aws:")]
    assert len(made) >= 40
    return [
        f"{found.name}: {told}"
        for found in made
        for operation in [OPERATIONS[found.type]]
        for told in violations(operation.service, operation.name, operation.request(found.inputs))
    ]


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_aws_takes_every_input_of_a_stack(stack: str, run: Run) -> None:
    assert _refused(run(stack)) == []


@pytest.mark.parametrize(
    "group",
    [
        {"ami": "bottlerocket"},
        {"capacity": "capacityReservation", "reservation": "cr-0123456789abcdef0", "zones": ["us-west-2a"]},
        {
            "capacity": "capacityBlock",
            "reservation": "cr-0123456789abcdef0",
            "zones": ["us-west-2a"],
            "instanceTypes": ["p5.48xlarge"],
        },
        {"taints": [{"key": "example.org/team", "value": "vision", "effect": "NoExecute"}]},
    ],
)
def test_aws_takes_every_form_of_a_gpu_group(group: dict[str, Any], run: Run) -> None:
    system = {"instanceTypes": ["m7i.xlarge"], "minSize": 2, "maxSize": 4}
    plain = {"instanceTypes": ["g6.4xlarge"], "minSize": 0, "maxSize": 2}
    groups = {"system": system, "plain": plain, "gpu": {**plain, **group}}

    recorder = run("eks-dev", nodeGroups=groups, budget={}, deletionProtection=False)

    assert _refused(recorder) == []


def test_aws_takes_service_accounts_that_are_trusted_by_oidc(run: Run) -> None:
    assert _refused(run("eks-prod", identity="irsa")) == []


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
@pytest.mark.parametrize("autoscaler", ["karpenter", "auto"])
def test_aws_takes_what_other_makers_of_machines_need(stack: str, autoscaler: str, run: Run) -> None:
    assert _refused(run(stack, autoscaler=autoscaler)) == []


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_logs_are_kept_for_a_time_that_cloudwatch_knows(stack: str, run: Run) -> None:
    (group,) = run(stack).of("LogGroup")

    assert group.inputs["retentionInDays"] in RETENTIONS


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amiType": "AL2023_x86_64_NVIDA"}, "CreateNodegroup.amiType: AL2023_x86_64_NVIDA is none of "),
        (
            {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]},
            "CreateNodegroup.taints[0].effect: NoSchedule is none of ",
        ),
        (
            {"taints": [{"key": "k" * 64, "value": "v", "effect": "NO_SCHEDULE"}]},
            "CreateNodegroup.taints[0].key: 64 is more than 63",
        ),
        (
            {"scalingConfig": {"minSize": 0, "maxSize": 0}},
            "Invalid value for parameter scalingConfig.maxSize",
        ),
        ({"instanceType": "g5.xlarge"}, 'Unknown parameter in input: "instanceType"'),
    ],
)
def test_the_check_itself_sees_what_aws_would_refuse(change: dict[str, Any], told: str, run: Run) -> None:
    good = run("eks-dev").the("NodeGroup", "gpu").inputs
    operation = OPERATIONS["aws:eks/nodeGroup:NodeGroup"]

    refused = violations("eks", operation.name, operation.request({**good, **change}))

    assert len(refused) == 1
    assert refused[0].startswith(told)
