"""What a changed setting changes in AWS: that, what depends on it, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.eks.conftest import Run, stack_config
from tests.components.mocks import Recorder

ZONE_B, ZONE_C = "us-west-2b", "us-west-2c"
GPU_GROUP = {"instanceTypes": ["g6.4xlarge"], "minSize": 0, "maxSize": 1}


def _inputs(recorder: Recorder) -> dict[str, str]:
    return {
        f"{found.type.split(':')[-1]} {found.name}": json.dumps(found.inputs, sort_keys=True, default=str)
        for found in recorder.resources
    }


def _groups(**changes: Any) -> dict[str, Any]:
    """The groups of eks-dev, some of them with other keys, or new."""
    groups = stack_config("eks-dev")["kserve-platform:cluster"]["nodeGroups"]
    return {**groups, **{name: {**groups.get(name, {}), **change} for name, change in changes.items()}}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"nodeGroups": _groups(gpu={"maxSize": 3})}, {"NodeGroup gpu"}),
        ({"nodeGroups": _groups(system={"disk": {"sizeGib": 200}})}, {"LaunchTemplate system"}),
        ({"endpoint": {"public": True, "allow": ["198.51.100.0/24"]}}, {"Cluster cluster"}),
        ({"logs": {"retentionDays": 30}}, {"LogGroup control-plane"}),
        ({"support": "extended"}, {"Cluster cluster"}),
        ({"addonVersions": {"coredns": "v1.13.3-eksbuild.1"}}, {"Addon coredns"}),
        (
            {"kubernetesVersion": "1.34"},
            {
                "Cluster cluster",
                "Addon coredns",
                "Addon kube-proxy",
                "Addon vpc-cni",
                "NodeGroup gpu",
                "NodeGroup system",
            },
        ),
        ({"budget": {"hourlyUsd": 99}}, set()),
    ],
    ids=[
        "more-machines",
        "a-larger-disk",
        "who-reaches-the-api",
        "days-of-logs",
        "extended-support",
        "an-addon",
        "kubernetes",
        "the-budget",
    ],
)
def test_a_changed_setting_changes_just_what_depends_on_it(
    change: dict[str, Any], changed: set[str], run: Run
) -> None:
    before, after = _inputs(run("eks-dev")), _inputs(run("eks-dev", **change))

    assert set(before) == set(after)
    assert {name for name in before if before[name] != after[name]} == changed


def test_a_gpu_group_more_is_a_template_a_group_and_its_tags_and_touches_no_other(run: Run) -> None:
    before = _inputs(run("eks-dev"))
    after = _inputs(run("eks-dev", nodeGroups=_groups(large=GPU_GROUP)))

    added = set(after) - set(before)
    assert {name for name in added if not name.startswith("Tag large/")} == {
        "LaunchTemplate large",
        "NodeGroup large",
    }
    assert {name: after[name] for name in before} == before


def test_a_gateway_for_each_zone_is_two_more_and_moves_the_routes_of_their_zones_only(run: Run) -> None:
    before, after = _inputs(run("eks-dev")), _inputs(run("eks-dev", network={"nat": "perZone"}))

    assert set(after) - set(before) == {
        f"{kind} nat-{zone}" for kind in ("Eip", "NatGateway") for zone in (ZONE_B, ZONE_C)
    }
    assert {name for name in before if before[name] != after[name]} == {
        f"Route private-{zone}-internet" for zone in (ZONE_B, ZONE_C)
    }


def test_a_zone_more_leaves_every_subnet_where_it_is(run: Run) -> None:
    zones = ["us-west-2a", ZONE_B, ZONE_C, "us-west-2d"]
    before, after = _inputs(run("eks-dev")), _inputs(run("eks-dev", zones=zones))

    assert {name for name in before if before[name] != after[name]} == {
        "Cluster cluster",
        "NodeGroup gpu",
        "NodeGroup system",
        "VpcEndpoint s3",
    }


def test_deletion_protection_is_said_to_aws_and_to_the_engine(run: Run) -> None:
    before, after = run("eks-dev"), run("eks-dev", deletionProtection=True)

    changed, whole = _inputs(after), _inputs(before)
    assert {name for name in whole if whole[name] != changed[name]} == {"Cluster cluster"}
    assert [found.name for found in after.resources if found.protect] == ["cluster"]
