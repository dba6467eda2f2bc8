"""EKS Auto Mode: what AWS does itself is not made, and what it needs for that is."""

from __future__ import annotations

import json

from tests.components.aws_answers import ACCOUNT
from tests.components.eks.conftest import Run


def test_machines_load_balancers_and_volumes_are_switched_on_together(run: Run) -> None:
    inputs = run("eks-prod", autoscaler="auto").the("Cluster", "cluster").inputs

    assert inputs["computeConfig"] == {"enabled": True, "nodePools": []}
    assert inputs["storageConfig"] == {"blockStorage": {"enabled": True}}
    assert inputs["kubernetesNetworkConfig"]["elasticLoadBalancing"] == {"enabled": True}
    assert inputs["bootstrapSelfManagedAddons"] is False


def test_others_say_nothing_of_it(run: Run) -> None:
    inputs = run("eks-prod").the("Cluster", "cluster").inputs

    assert {"computeConfig", "storageConfig"} & set(inputs) == set()
    assert "elasticLoadBalancing" not in inputs["kubernetesNetworkConfig"]


def test_the_control_plane_may_do_what_software_on_the_cluster_would(run: Run) -> None:
    recorder = run("eks-prod", autoscaler="auto")
    (trust,) = json.loads(recorder.the("Role", "control-plane").inputs["assumeRolePolicy"])["Statement"]
    policies = {
        found.inputs["policyArn"].rsplit("/", 1)[-1]
        for found in recorder.of("RolePolicyAttachment")
        if found.name.startswith("control-plane-")
    }

    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert policies == {
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    }


def test_eks_keeps_no_groups_templates_or_addons(run: Run) -> None:
    recorder = run("eks-prod", autoscaler="auto")

    made = {kind: recorder.of(kind) for kind in ("NodeGroup", "LaunchTemplate", "Addon", "Tag")}
    assert made == {"NodeGroup": [], "LaunchTemplate": [], "Addon": [], "Tag": []}


def test_an_addon_that_auto_mode_does_not_have_is_installed_all_the_same(run: Run) -> None:
    more = {"aws-mountpoint-s3-csi-driver": "v2.0.0-eksbuild.1"}
    recorder = run("eks-prod", autoscaler="auto", addonVersions=more)

    assert [found.name for found in recorder.of("Addon")] == ["aws-mountpoint-s3-csi-driver"]


def test_machines_of_this_projects_pools_are_let_into_the_cluster(run: Run) -> None:
    recorder = run("eks-prod", autoscaler="auto")
    entry = recorder.the("AccessEntry", "machines").inputs
    (provider,) = [found for found in recorder.resources if found.type == "pulumi:providers:kubernetes"]

    assert entry["type"] == "EC2"
    assert entry["principalArn"] == f"arn:aws:iam::{ACCOUNT}:role/kserve-platform-eks-prod-machines"
    allowed = recorder.the("AccessPolicyAssociation", "machines")
    assert allowed.inputs["policyArn"].endswith("cluster-access-policy/AmazonEKSAutoNodePolicy")
    assert allowed.urn in provider.depends_on


def test_machines_that_have_a_role_already_get_no_other(run: Run) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/path/given"
    recorder = run("eks-prod", autoscaler="auto", existing={"nodeRole": role})

    assert recorder.the("AccessEntry", "machines").inputs["principalArn"] == role
    assert "machines" not in {found.name for found in recorder.of("Role")}


def test_volumes_are_made_by_auto_modes_own_driver(run: Run) -> None:
    auto, other = run("eks-prod", autoscaler="auto"), run("eks-prod")

    assert auto.the("StorageClass", "gp3").inputs["provisioner"] == "ebs.csi.eks.amazonaws.com"
    assert other.the("StorageClass", "gp3").inputs["provisioner"] == "ebs.csi.aws.com"
