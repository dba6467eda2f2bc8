"""What waits for what on EKS, at its making and so, the other way round, at its end; what nobody deletes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.components.eks.conftest import Run


def test_the_log_group_is_there_before_eks_would_make_one_itself(run: Run) -> None:
    recorder = run()

    assert ("LogGroup", "control-plane") in recorder.before(recorder.the("Cluster", "cluster"))


def test_the_control_plane_keeps_its_role_with_its_policies_to_the_end(run: Run) -> None:
    recorder = run()

    before = recorder.before(recorder.the("Cluster", "cluster"))

    assert {
        ("Role", "control-plane"),
        ("RolePolicyAttachment", "control-plane-AmazonEKSClusterPolicy"),
        ("RolePolicy", "control-plane-key"),
    } <= before


@pytest.mark.parametrize("group", ["system", "gpu", "gpu-spot"])
def test_machines_start_after_their_ways_out_and_the_addons_that_make_them_ready(
    group: str, run: Run
) -> None:
    recorder = run()

    before = recorder.before(recorder.the("NodeGroup", group))

    assert {("Addon", name) for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")} <= before
    assert {("Route", f"private-us-west-2{zone}-internet") for zone in "abc"} <= before
    assert {("VpcEndpoint", "s3"), ("VpcEndpoint", "ecr.dkr"), ("VpcEndpoint", "sts")} <= before
    assert {
        ("RolePolicyAttachment", "machines-AmazonEKSWorkerNodePolicy"),
        ("RolePolicyAttachment", "machines-AmazonEC2ContainerRegistryPullOnly"),
    } <= before


@pytest.mark.parametrize("addon", ["coredns", "aws-ebs-csi-driver", "eks-node-monitoring-agent"])
def test_addons_that_run_on_machines_wait_for_them(addon: str, run: Run) -> None:
    recorder = run()

    assert ("NodeGroup", "system") in recorder.before(recorder.the("Addon", addon))


@pytest.mark.parametrize("addon", ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"])
def test_addons_that_machines_need_do_not_wait_for_machines(addon: str, run: Run) -> None:
    recorder = run()

    assert "NodeGroup" not in {kind for kind, _ in recorder.before(recorder.the("Addon", addon))}


def test_objects_are_put_on_the_cluster_after_rights_machines_and_addons_and_go_before_them(
    run: Run,
) -> None:
    recorder = run()
    (provider,) = [found for found in recorder.resources if found.type == "pulumi:providers:kubernetes"]

    before = recorder.before(provider)

    assert {
        ("AccessPolicyAssociation", "Deployer"),
        ("NodeGroup", "system"),
        ("Addon", "aws-ebs-csi-driver"),
        ("Tag", "gpu/k8s.io/cluster-autoscaler/enabled"),
        ("PodIdentityAssociation", "model-reader-torchserve"),
        ("NatGateway", "nat-us-west-2a"),
    } <= before


def test_nothing_on_the_cluster_is_given_up_with_it(run: Run) -> None:
    assert {found.deleted_with for found in run().resources} == {""}


def test_a_right_is_given_to_an_entry_that_is_there(run: Run) -> None:
    recorder = run()

    right = recorder.the("AccessPolicyAssociation", "models")

    assert ("AccessEntry", "models") in recorder.before(right)


def test_a_nat_gateway_starts_after_the_route_to_the_internet(run: Run) -> None:
    recorder = run()

    gateway = recorder.the("NatGateway", "nat-us-west-2b")

    assert ("Route", "public-internet") in recorder.before(gateway)


def test_production_protects_its_cluster_its_key_and_its_buckets_and_nothing_else(run: Run) -> None:
    protected = {(found.type, found.name) for found in run("eks-prod").resources if found.protect}

    assert protected == {
        ("aws:eks/cluster:Cluster", "cluster"),
        ("aws:kms/key:Key", "key"),
        ("aws:s3/bucket:Bucket", "models"),
    }


def test_development_protects_nothing(run: Run) -> None:
    assert not any(found.protect for found in run("eks-dev").resources)


def test_the_number_of_machines_is_the_autoscalers(run: Run) -> None:
    ignored = {found.name: found.ignore_changes for found in run().resources if found.ignore_changes}

    assert ignored == dict.fromkeys(("system", "gpu", "gpu-spot"), ("scalingConfig.desiredSize",))


def test_every_resource_of_aws_goes_to_the_stacks_region(run: Run) -> None:
    elsewhere = [
        found.name
        for found in run().resources
        if found.custom and found.type.startswith("aws:") and found.provider != "aws"
    ]

    assert elsewhere == []


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_a_first_preview_registers_what_an_up_makes(stack: str, run: Run) -> None:
    whole = {found.urn for found in run(stack).resources}

    assert {found.urn for found in run(stack, preview=True).resources} == whole


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_every_part_comes_to_its_end(stack: str, run: Run) -> None:
    recorder = run(stack)

    assert {found.urn for found in recorder.resources if not found.custom} <= recorder.finished


def test_other_stacks_never_load_the_sdk_of_aws() -> None:
    told = (
        "import sys, components.cluster.create, components.layers.platform, components.serving.exports; "
        "print(sorted(name for name in sys.modules if name.startswith(('pulumi_aws', 'boto'))))"
    )

    asked = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert asked.stdout.strip() == "[]"
