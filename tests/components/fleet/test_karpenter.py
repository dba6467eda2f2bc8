"""Karpenter among the layers: what it is told, what it makes machines of, and what goes before what."""

from __future__ import annotations

import pytest

from tests.components.fleet.conftest import Run
from tests.components.fleet.order import before

CONTROLLER = "kube-system/karpenter"
_GPU = {"instanceTypes": ["g5.2xlarge"], "maxSize": 2}


def test_the_controller_is_told_its_cluster_and_its_queue(run: Run) -> None:
    recorder = run("eks-prod", "karpenter")
    (container,) = recorder.the("Deployment", CONTROLLER).inputs["spec"]["template"]["spec"]["containers"]

    assert {row["name"]: row["value"] for row in container["env"]} == {
        "CLUSTER_NAME": "kserve-platform-eks-prod",
        "INTERRUPTION_QUEUE": "kserve-platform-eks-prod-interruptions",
        "ISOLATED_VPC": "false",
    }


def test_without_a_way_to_the_internet_karpenter_asks_what_has_an_endpoint_in_the_vpc(run: Run) -> None:
    recorder = run("eks-prod", "karpenter", network={"nat": "none", "interfaceEndpoints": True})
    (container,) = recorder.the("Deployment", CONTROLLER).inputs["spec"]["template"]["spec"]["containers"]

    assert {"name": "ISOLATED_VPC", "value": "true"} in container["env"]
    assert {"sqs", "ssm"} <= {found.name for found in recorder.of("VpcEndpoint")}


def test_nobody_pays_for_endpoints_that_only_karpenter_asks(run: Run) -> None:
    assert {"sqs", "ssm"} & {found.name for found in run("eks-prod").of("VpcEndpoint")} == set()


def test_groups_that_begin_empty_become_pools_and_the_others_node_groups(run: Run) -> None:
    recorder = run("eks-prod", "karpenter")

    assert [found.name for found in recorder.of("NodePool")] == ["gpu-spot"]
    assert [found.name for found in recorder.of("EC2NodeClass")] == ["gpu-spot"]
    assert [found.name for found in recorder.of("NodeGroup")] == ["gpu", "system"]


def test_machines_start_in_the_stacks_subnets_with_its_profile_and_key(run: Run) -> None:
    spec = run("eks-prod", "karpenter").the("EC2NodeClass", "gpu-spot").inputs["spec"]

    assert spec["subnetSelectorTerms"] == [{"id": f"id-of-private-us-west-2{zone}"} for zone in "abc"]
    assert spec["securityGroupSelectorTerms"] == [{"id": "sg-0123456789abcdef0"}]
    assert spec["instanceProfile"] == "kserve-platform-eks-prod-machines"
    assert spec["blockDeviceMappings"][0]["ebs"]["kmsKeyID"].startswith("arn:aws:kms:")


def test_services_go_then_pools_then_their_machines_then_classes_then_karpenter_then_its_rights(
    run: Run,
) -> None:
    """What is before another in the making is after it in the end."""
    recorder = run("eks-dev", "karpenter")
    service = recorder.the("InferenceService", "kserve-test/torchserve")
    pool, held = recorder.the("NodePool", "gpu"), recorder.the("Departure", "machines")

    assert ("NodePool", "gpu") in before(recorder, service)
    assert ("Departure", "machines") in before(recorder, pool)
    assert {
        ("EC2NodeClass", "gpu"),
        ("Deployment", CONTROLLER),
        ("RolePolicy", "karpenter-machines"),
        ("Queue", "interruptions"),
        ("NodeGroup", "system"),
        ("Cluster", "cluster"),
    } <= before(recorder, held)


def test_the_end_waits_for_every_machine_that_was_made_for_pods(run: Run) -> None:
    assert run("eks-dev", "karpenter").the("Departure", "machines").inputs == {
        "checks": [{"check": "noneLeft", "apiVersion": "karpenter.sh/v1", "kind": "NodeClaim", "where": {}}],
        "timeoutSeconds": 1800,
    }


def test_where_every_group_is_kept_karpenter_has_no_pool(run: Run) -> None:
    kept = {"system": {"instanceTypes": ["m7i.xlarge"], "minSize": 2, "maxSize": 3}}
    recorder = run(autoscaler="karpenter", nodeGroups={**kept, "gpu": {**_GPU, "minSize": 1}})

    assert recorder.of("NodePool") == []
    assert recorder.the("Deployment", CONTROLLER).custom


@pytest.mark.parametrize("autoscaler", ["clusterAutoscaler", "auto"])
def test_others_run_no_karpenter_of_their_own(autoscaler: str, run: Run) -> None:
    names = {found.name for found in run("eks-dev", autoscaler).of("Deployment")}

    assert CONTROLLER not in names
