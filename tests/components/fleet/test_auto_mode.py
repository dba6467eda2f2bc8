"""EKS Auto Mode on the cluster: its pools before everything, and gone after everything."""

from __future__ import annotations

from tests.components.fleet.conftest import Run
from tests.components.fleet.order import before


def test_every_group_becomes_a_pool_with_a_class_of_auto_mode(run: Run) -> None:
    recorder = run("eks-dev", "auto")

    assert [found.name for found in recorder.of("NodePool")] == ["gpu", "system"]
    classes = {found.name: found for found in recorder.of("NodeClass")}
    assert set(classes) == {"gpu", "system"}
    spec = classes["gpu"].inputs["spec"]
    assert spec["role"] == "kserve-platform-eks-dev-machines"
    assert spec["subnetSelectorTerms"] == [{"id": f"id-of-private-us-west-2{zone}"} for zone in "abc"]


def test_nothing_runs_before_there_are_pools_and_so_nothing_is_left_when_they_go(run: Run) -> None:
    recorder = run("eks-dev", "auto")
    ours = {"NodePool", "NodeClass", "StorageClass"}
    objects = [
        found
        for found in recorder.resources
        if found.custom
        and not found.read
        and found.provider == "kubernetes"
        and found.type.split(":")[-1] not in ours
    ]

    late = [found.name for found in objects if ("Gate", "machine-pools") not in before(recorder, found)]

    assert len(objects) > 20
    assert late == []


def test_machines_go_before_their_classes_and_before_the_cluster(run: Run) -> None:
    recorder = run("eks-dev", "auto")
    pool, held = recorder.the("NodePool", "gpu"), recorder.the("Departure", "machines")

    assert ("Departure", "machines") in before(recorder, pool)
    assert {("NodeClass", "gpu"), ("AccessPolicyAssociation", "machines"), ("Cluster", "cluster")} <= before(
        recorder, held
    )


def test_aws_runs_what_other_clusters_run_themselves(run: Run) -> None:
    names = {found.name.rpartition("/")[2] for found in run("eks-dev", "auto").of("Deployment")}

    assert names & {"karpenter", "cluster-autoscaler", "aws-load-balancer-controller"} == set()
    assert "metrics-server" in names
