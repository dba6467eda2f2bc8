"""Pools and classes: what the groups of a stack file become where Karpenter makes their machines."""

from __future__ import annotations

import pytest

from components.layers.fleet.node_pools import classes, completed, limits_of, pools
from tests.unit.layers.fleet.groups import GPU, group
from tests.unit.layers.fleet.pools import fleet_of


def test_groups_that_eks_keeps_get_no_pool() -> None:
    fleet = fleet_of(kept=group(managed=True), made=group())

    assert [pool["metadata"]["name"] for pool in pools(fleet)] == ["made"]
    assert [one["metadata"]["name"] for one in classes(fleet)] == ["made"]


def test_a_gpu_pool_makes_tainted_and_labelled_machines_of_its_types_in_its_zones_and_no_more() -> None:
    (pool,) = pools(fleet_of(gpu=group(GPU, max_size=3)))
    template = pool["spec"]["template"]

    assert template["metadata"]["labels"] == {"nvidia.com/gpu.present": "true"}
    assert template["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]
    assert template["spec"]["nodeClassRef"] == {
        "group": "karpenter.k8s.aws",
        "kind": "EC2NodeClass",
        "name": "gpu",
    }
    assert {row["key"]: row["values"] for row in template["spec"]["requirements"]} == {
        "karpenter.sh/capacity-type": ["on-demand"],
        "kubernetes.io/arch": ["amd64"],
        "kubernetes.io/os": ["linux"],
        "node.kubernetes.io/instance-type": [GPU],
        "topology.kubernetes.io/zone": ["us-west-2a", "us-west-2b"],
    }
    assert pool["spec"]["limits"] == {"cpu": "24", "nvidia.com/gpu": "3"}


def test_a_machine_with_gpus_goes_only_when_it_is_empty() -> None:
    made = {pool["metadata"]["name"]: pool for pool in pools(fleet_of(gpu=group(GPU), cpu=group()))}

    assert made["gpu"]["spec"]["disruption"]["consolidationPolicy"] == "WhenEmpty"
    assert made["cpu"]["spec"]["disruption"]["consolidationPolicy"] == "WhenEmptyOrUnderutilized"


def test_of_unknown_types_no_limit_is_made_up() -> None:
    assert limits_of(group("x9.huge")) == {}


@pytest.mark.parametrize(
    ("capacity", "purchase"),
    [("spot", "spot"), ("capacityReservation", "reserved"), ("capacityBlock", "reserved")],
)
def test_machines_are_bought_as_the_group_says(capacity: str, purchase: str) -> None:
    (pool,) = pools(fleet_of(gpu=group(GPU, capacity=capacity, reservation="cr-0123456789abcdef0")))
    (row, *_) = pool["spec"]["template"]["spec"]["requirements"]

    assert row == {"key": "karpenter.sh/capacity-type", "operator": "In", "values": [purchase]}


def test_a_reservation_is_drawn_from_by_its_id() -> None:
    wanted = group(GPU, capacity="capacityReservation", reservation="cr-0123456789abcdef0")

    (made,) = classes(fleet_of(gpu=wanted))

    assert made["spec"]["capacityReservationSelectorTerms"] == [{"id": "cr-0123456789abcdef0"}]


def test_a_class_wants_tokens_of_metadata_and_encrypts_a_large_fast_disk() -> None:
    fleet = fleet_of(gpu=group(GPU))
    (made,) = classes(fleet)

    spec = completed(fleet)(made)["spec"]  # type: ignore[index]

    assert spec["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert spec["blockDeviceMappings"] == [
        {
            "deviceName": "/dev/xvda",
            "ebs": {
                "volumeType": "gp3",
                "volumeSize": "300Gi",
                "throughput": 437,
                "iops": 3000,
                "encrypted": True,
                "deleteOnTermination": True,
                "kmsKeyID": "key",
            },
        }
    ]
    assert spec["subnetSelectorTerms"] == [{"id": "subnet-a"}, {"id": "subnet-b"}]
    assert spec["securityGroupSelectorTerms"] == [{"id": "sg-1"}]
    assert spec["instanceProfile"] == "profile"
    assert spec["tags"] == {"owner": "o", "Name": "c-gpu"}


def test_bottlerocket_keeps_its_system_on_a_small_disk_of_its_own() -> None:
    (made,) = classes(fleet_of(gpu=group(GPU, ami="bottlerocket")))

    assert made["spec"]["amiSelectorTerms"] == [{"alias": "bottlerocket@latest"}]
    disks = {row["deviceName"]: row["ebs"]["volumeSize"] for row in made["spec"]["blockDeviceMappings"]}
    assert disks == {"/dev/xvda": "4Gi", "/dev/xvdb": "300Gi"}


def test_a_class_of_auto_mode_has_a_role_and_one_disk() -> None:
    fleet = fleet_of("auto", gpu=group(GPU))
    (made,) = classes(fleet)

    assert (made["apiVersion"], made["kind"]) == ("eks.amazonaws.com/v1", "NodeClass")
    assert completed(fleet)(made)["spec"] == {  # type: ignore[index]
        "role": "machines",
        "ephemeralStorage": {"size": "300Gi", "iops": 3000, "throughput": 437, "kmsKeyID": "key"},
        "subnetSelectorTerms": [{"id": "subnet-a"}, {"id": "subnet-b"}],
        "securityGroupSelectorTerms": [{"id": "sg-1"}],
    }
