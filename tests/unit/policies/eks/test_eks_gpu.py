"""GPU nodes: groups, pools, spot, zero, architectures."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from policies.rule import Resource
from policies.unknown import UNKNOWN
from tests.unit.policies.eks.asking import altered, blind, broken, told, without
from tests.unit.policies.eks.before_up import preview
from tests.unit.policies.eks.good_stack import (
    ASG_TAG,
    GROUP,
    POOL,
    TEMPLATE,
    good_stack,
    gpu_group,
    node_pool,
)

HINT = "k8s.io/cluster-autoscaler/node-template"
TAINT_WHY = "pods without a GPU would fill the node, keep it from going, and those with one would wait"
LIMIT = (
    "spec.limits[nvidia.com/gpu]",
    None,
    "Karpenter starts GPU nodes for as long as pods ask for them",
    "write how many GPUs the pool may have, or 0",
)


def _with_group(**props: Any) -> list[Resource]:
    return broken(good_stack(), GROUP, "gpu", **props)


def _pool(requirements: Any, **spec: Any) -> list[Resource]:
    """The good stack with another pool: without taints, and with these requirements."""
    template = {"spec": {"requirements": requirements}}
    return [*without(good_stack(), POOL, "gpu-pool"), node_pool(template=template, **spec)]


def _requirement(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


def test_a_group_has_gpus_by_its_types_whatever_its_image_is_called() -> None:
    stack = _with_group(amiType="CUSTOM", taints=[])

    assert told("gpu-nodes-tainted", stack) == [
        ("taints", None, TAINT_WHY, "add a taint nvidia.com/gpu with effect NO_SCHEDULE")
    ]


def test_a_group_has_gpus_by_its_image_before_its_types_are_known() -> None:
    assert [
        where for where, *_ in told("gpu-nodes-tainted", _with_group(instanceTypes=UNKNOWN, taints=[]))
    ] == ["taints"]


def test_types_may_be_said_in_the_launch_template() -> None:
    stack = broken(
        _with_group(instanceTypes=None, amiType=None, taints=[]), TEMPLATE, "gpu", instanceType="g6.xlarge"
    )

    assert [where for where, *_ in told("gpu-nodes-tainted", stack)] == ["taints"]


def test_types_in_a_launch_template_of_another_stack_cannot_be_judged() -> None:
    stack = without(_with_group(instanceTypes=None, amiType=None), TEMPLATE, "gpu")

    assert blind("gpu-nodes-tainted", stack) == ["launchTemplate"]


def test_the_spelling_of_kubernetes_is_not_that_of_the_node_group_api() -> None:
    stack = _with_group(taints=[{"key": "nvidia.com/gpu", "effect": "NoSchedule"}])

    assert told("gpu-nodes-tainted", stack) == [
        (
            "taints",
            "nvidia.com/gpu NoSchedule",
            TAINT_WHY,
            "add a taint nvidia.com/gpu with effect NO_SCHEDULE",
        )
    ]


def test_an_unknown_taint_does_not_hide_a_missing_label() -> None:
    stack = _with_group(taints=[UNKNOWN], labels={})

    assert blind("gpu-nodes-tainted", stack) == ["taints"]
    assert told("gpu-nodes-tainted", stack) == [
        (
            "labels[nvidia.com/gpu.present]",
            None,
            "the device plugin and services find GPU nodes by it",
            'write "true"',
        )
    ]


@pytest.mark.parametrize(
    "requirement",
    [
        _requirement("karpenter.k8s.aws/instance-gpu-count", "DoesNotExist"),
        _requirement("karpenter.k8s.aws/instance-category", "In", "c", "m", "r"),
        _requirement("karpenter.k8s.aws/instance-category", "NotIn", "g", "p"),
        _requirement("karpenter.k8s.aws/instance-family", "In", "m7i", "c7i"),
        _requirement("node.kubernetes.io/instance-type", "In", "m7i.xlarge"),
    ],
    ids=lambda one: f"{one['key'].rpartition('/')[2]}-{one['operator']}",
)
def test_a_pool_that_rules_gpus_out_needs_no_taint_and_no_limit(requirement: dict[str, Any]) -> None:
    stack = _pool([requirement], limits={"cpu": "100"})

    assert told("gpu-nodes-tainted", stack) == []
    assert told("gpu-nodes-scale-from-zero", stack) == []


@pytest.mark.parametrize(
    "requirements",
    [
        [],
        [_requirement("karpenter.k8s.aws/instance-category", "In", "m", "g")],
        [_requirement("karpenter.k8s.aws/instance-category", "NotIn", "p")],
        [_requirement("karpenter.k8s.aws/instance-family", "In", "m7i", "g5")],
        [_requirement("node.kubernetes.io/instance-type", "In", "p5.48xlarge")],
        [_requirement("node.kubernetes.io/instance-type", "In", "g99.new")],
    ],
)
def test_a_pool_that_may_start_gpus_needs_a_limit(requirements: list[dict[str, Any]]) -> None:
    assert told("gpu-nodes-scale-from-zero", _pool(requirements, limits={"cpu": "100"})) == [LIMIT]


def test_a_pool_limited_to_no_gpus_has_none() -> None:
    assert told("gpu-nodes-tainted", _pool([], limits={"nvidia.com/gpu": "0"})) == []


def test_unknown_requirements_of_a_pool_are_not_taken_for_harmless() -> None:
    assert blind("gpu-nodes-scale-from-zero", _pool(UNKNOWN, limits={"cpu": "1"})) == [
        "spec.template.spec.requirements"
    ]


def test_types_of_two_architectures_in_one_group_are_told() -> None:
    assert told("gpu-ami-matches-type", _with_group(instanceTypes=["g5.xlarge", "g5g.xlarge"])) == [
        (
            "instanceTypes",
            "g5g.xlarge",
            "its processor is arm64, and AL2023_x86_64_NVIDIA is for x86_64",
            "let types and amiType be of one architecture",
        )
    ]


def test_a_group_that_names_no_image_gets_one_without_drivers() -> None:
    assert told("gpu-ami-matches-type", _with_group(amiType=None)) == [
        (
            "amiType",
            None,
            "g5.2xlarge has GPUs, and this image no driver for them",
            "write AL2023_x86_64_NVIDIA or BOTTLEROCKET_x86_64_NVIDIA",
        )
    ]


@pytest.mark.parametrize(
    ("ended", "next_one"),
    [
        ("AL2_x86_64", "AL2023_x86_64_STANDARD"),
        ("AL2_x86_64_GPU", "AL2023_x86_64_NVIDIA"),
        ("AL2_ARM_64", "AL2023_ARM_64_STANDARD"),
    ],
)
def test_an_image_that_ended_is_told_with_its_successor(ended: str, next_one: str) -> None:
    found = told("gpu-ami-matches-type", broken(good_stack(), GROUP, "system", amiType=ended))

    assert (
        "amiType",
        ended,
        "Amazon Linux 2 ended on 2025-11-26, and Kubernetes 1.33 and later have no image of it",
        f"write {next_one}",
    ) in found


@pytest.mark.parametrize("image", ["BOTTLEROCKET_x86_64_NVIDIA", "CUSTOM"])
def test_other_images_for_gpus_pass(image: str) -> None:
    assert told("gpu-ami-matches-type", _with_group(amiType=image)) == []


def test_an_unknown_image_cannot_be_judged() -> None:
    assert blind("gpu-ami-matches-type", _with_group(amiType=UNKNOWN)) == ["amiType"]


def test_a_group_that_never_is_empty_needs_no_tags() -> None:
    stack = [one for one in _with_group(scalingConfig={"minSize": 1, "maxSize": 2}) if one.type != ASG_TAG]

    assert told("gpu-nodes-scale-from-zero", stack) == []


def test_the_tags_of_one_group_do_not_count_for_another() -> None:
    stack = [*good_stack(), gpu_group("second")]

    assert [fix for _, _, _, fix in told("gpu-nodes-scale-from-zero", stack)] == [
        f"tag the group's Auto Scaling group with {HINT}/{key} (aws.autoscaling.Tag)"
        for key in ("taint/nvidia.com/gpu", "label/nvidia.com/gpu.present")
    ]


def test_tags_count_in_a_preview_by_what_they_depend_on() -> None:
    stack = preview([*good_stack(), gpu_group("second")])

    assert len(told("gpu-nodes-scale-from-zero", stack)) == 2


def test_tags_count_by_the_name_of_the_auto_scaling_group_alone() -> None:
    stack = [
        replace(one, property_dependencies={}, dependencies=()) if one.type == ASG_TAG else one
        for one in good_stack()
    ]

    assert told("gpu-nodes-scale-from-zero", stack) == []


@pytest.mark.parametrize("ignored", ["scalingConfig", "scalingConfig.desiredSize"])
def test_ignoring_the_size_or_all_of_scaling_is_enough(ignored: str) -> None:
    stack = altered(good_stack(), GROUP, "gpu", lambda one: replace(one, ignore_changes=(ignored,)))

    assert told("gpu-nodes-scale-from-zero", stack) == []


def _spot(**second: Any) -> list[Resource]:
    stack = without(_with_group(capacityType="SPOT"), POOL, "gpu-pool")
    return [*stack, gpu_group("second", **second)] if second else stack


SPOT_ALONE = [
    (
        "capacityType",
        "SPOT",
        "it is the only kind of capacity with nvidia-a10g: when AWS takes it back, no model runs",
        "add a group with nvidia-a10g of type ON_DEMAND or CAPACITY_BLOCK",
    )
]


@pytest.mark.parametrize(
    "second",
    [
        {"capacityType": "ON_DEMAND"},
        {"capacityType": "CAPACITY_BLOCK"},
        {"instanceTypes": ["g5.12xlarge", "g6.xlarge"]},
    ],
)
def test_spot_is_fine_beside_other_capacity_with_the_same_gpu(second: dict[str, Any]) -> None:
    assert told("spot-not-only-pool", _spot(**second)) == []


@pytest.mark.parametrize(
    "second",
    [
        {},
        {"capacityType": "SPOT"},
        {"instanceTypes": ["g6.xlarge"]},
        {"scalingConfig": {"minSize": 0, "maxSize": 0}},
    ],
)
def test_spot_is_not_fine_beside_what_cannot_take_its_pods(second: dict[str, Any]) -> None:
    assert SPOT_ALONE[0] in told("spot-not-only-pool", _spot(**second))


def test_a_pool_of_spot_and_on_demand_is_fine() -> None:
    stack = _pool([_requirement("karpenter.sh/capacity-type", "In", "spot", "on-demand")])

    assert told("spot-not-only-pool", stack) == []


def test_nodes_of_another_group_that_are_not_known_leave_spot_undecided() -> None:
    stack = broken(_spot(capacityType="ON_DEMAND"), GROUP, "second", instanceTypes=UNKNOWN)

    assert blind("spot-not-only-pool", stack) == ["instanceTypes"]


def test_all_groups_and_pools_count_for_the_budget() -> None:
    stack = [*good_stack(), gpu_group("second", scalingConfig={"minSize": 0, "maxSize": 3})]

    assert told("gpu-budget", stack, maxGpus=8) == [
        (
            "scalingConfig.maxSize",
            "9 GPUs (gpu 4, gpu-pool 2, second 3)",
            "the stack may grow to more than the 8 GPUs of its budget",
            "lower a maximum, or raise the rule's option maxGpus",
        )
    ]
    assert told("gpu-budget", stack, maxGpus=9) == []


def test_a_group_that_is_not_known_does_not_hide_that_the_others_are_too_many() -> None:
    stack = broken([*good_stack(), gpu_group("second")], GROUP, "second", scalingConfig={"maxSize": UNKNOWN})

    assert blind("gpu-budget", stack, maxGpus=5) == ["scalingConfig.maxSize"]
    assert [seen for _, seen, *_ in told("gpu-budget", stack, maxGpus=5)] == ["6 GPUs (gpu 4, gpu-pool 2)"]


def test_rules_change_nothing_of_what_they_read() -> None:
    stack = good_stack()
    before = deepcopy(stack)

    told("gpu-nodes-scale-from-zero", stack)

    assert stack == before
