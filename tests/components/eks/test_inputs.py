"""What AWS is asked for: the decisions that a stack's security, price and life hang on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.aws_answers import ACCOUNT, ISSUER, KEY
from tests.components.eks.conftest import Run
from tests.components.mocks import Secret

# Types of the provider without tags (its schema): rules, attachments, associations and settings of others.
UNTAGGED = {
    "AccessPolicyAssociation",
    "Alias",
    "BucketLifecycleConfiguration",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
    "RolePolicy",
    "RolePolicyAttachment",
    "Route",
    "RouteTableAssociation",
    "Tag",
}


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_every_resource_that_takes_tags_has_the_users_and_the_projects(stack: str, run: Run) -> None:
    wanted = {"owner", "environment", "cost-centre", "managed-by", "kserve-platform/cluster", "Name"}
    aws = [found for found in run(stack).resources if found.custom and found.type.startswith("aws:")]

    without = [
        f"{found.type} {found.name}"
        for found in aws
        if found.type.split(":")[-1] not in UNTAGGED and not wanted <= set(found.inputs.get("tags", {}))
    ]

    assert len(aws) > 50
    assert without == []


def test_only_access_entries_give_rights_and_the_creator_has_none(run: Run) -> None:
    access = run().the("Cluster", "cluster").inputs["accessConfig"]

    assert access == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}


def test_a_production_cluster_is_private_encrypted_protected_and_keeps_every_log(run: Run) -> None:
    inputs = run("eks-prod").the("Cluster", "cluster").inputs

    assert inputs["vpcConfig"]["endpointPublicAccess"] is False
    assert inputs["vpcConfig"]["endpointPrivateAccess"] is True
    assert inputs["encryptionConfig"] == {"provider": {"keyArn": KEY}, "resources": ["secrets"]}
    assert inputs["enabledClusterLogTypes"] == [
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    ]
    assert inputs["deletionProtection"] is True
    assert inputs["zonalShiftConfig"] == {"enabled": True}
    assert inputs["upgradePolicy"] == {"supportType": "STANDARD"}


def test_a_public_endpoint_answers_those_who_are_allowed_only(run: Run) -> None:
    vpc = run("eks-dev").the("Cluster", "cluster").inputs["vpcConfig"]

    assert vpc["endpointPublicAccess"] is True
    assert vpc["publicAccessCidrs"] == ["203.0.113.0/24"]


def test_development_pays_for_no_key(run: Run) -> None:
    recorder = run("eks-dev")

    assert recorder.of("Key") == []
    assert "encryptionConfig" not in recorder.the("Cluster", "cluster").inputs


@pytest.mark.parametrize("group", ["system", "gpu", "gpu-spot"])
def test_machines_want_a_token_for_their_metadata_and_pods_do_not_reach_it(group: str, run: Run) -> None:
    inputs = run().the("LaunchTemplate", group).inputs

    assert inputs["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert "vpcSecurityGroupIds" not in inputs


def test_disks_of_gpu_machines_are_encrypted_large_and_fast(run: Run) -> None:
    (disk,) = run().the("LaunchTemplate", "gpu").inputs["blockDeviceMappings"]

    assert disk == {
        "deviceName": "/dev/xvda",
        "ebs": {
            "volumeType": "gp3",
            "volumeSize": 300,
            "throughput": 600,
            "iops": 3000,
            "encrypted": "true",
            "deleteOnTermination": "true",
            "kmsKeyId": KEY,
        },
    }


def test_a_gpu_group_is_tainted_labelled_and_starts_from_zero(run: Run) -> None:
    inputs = run("eks-dev").the("NodeGroup", "gpu").inputs

    assert inputs["amiType"] == "AL2023_x86_64_NVIDIA"
    assert inputs["scalingConfig"] == {"minSize": 0, "desiredSize": 0, "maxSize": 2}
    assert inputs["taints"] == [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}]
    assert inputs["labels"] == {
        "k8s.amazonaws.com/accelerator": "nvidia-a10g",
        "kserve-platform/pool": "gpu",
        "nvidia.com/device-plugin.config": "whole",
        "nvidia.com/gpu.present": "true",
    }


def test_the_autoscaler_knows_machines_of_a_group_that_has_none(run: Run) -> None:
    tags = [found.inputs for found in run("eks-dev").of("Tag") if found.name.startswith("gpu/")]
    told = {inputs["tag"]["key"]: inputs["tag"]["value"] for inputs in tags}

    assert {inputs["autoscalingGroupName"] for inputs in tags} == {"eks-gpu-0123"}
    assert told == {
        "k8s.io/cluster-autoscaler/enabled": "true",
        "k8s.io/cluster-autoscaler/kserve-platform-eks-dev": "owned",
        "k8s.io/cluster-autoscaler/node-template/label/k8s.amazonaws.com/accelerator": "nvidia-a10g",
        "k8s.io/cluster-autoscaler/node-template/label/kserve-platform/pool": "gpu",
        "k8s.io/cluster-autoscaler/node-template/label/nvidia.com/device-plugin.config": "whole",
        "k8s.io/cluster-autoscaler/node-template/label/nvidia.com/gpu.present": "true",
        "k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu": "1",
        "k8s.io/cluster-autoscaler/node-template/taint/nvidia.com/gpu": "true:NoSchedule",
    }


def test_whoever_makes_the_stack_administers_the_cluster_where_nobody_is_named(run: Run) -> None:
    entry = run("eks-dev").the("AccessEntry", "Deployer").inputs

    assert entry["principalArn"] == f"arn:aws:iam::{ACCOUNT}:role/deploy"


def test_a_named_deployer_administers_and_others_have_what_the_stack_file_says(run: Run) -> None:
    recorder = run("eks-prod")
    rights = {
        found.name: (found.inputs["policyArn"].rsplit("/", 1)[-1], found.inputs["accessScope"])
        for found in recorder.of("AccessPolicyAssociation")
    }

    assert rights == {
        "Deployer": ("AmazonEKSClusterAdminPolicy", {"type": "cluster"}),
        "operators": ("AmazonEKSClusterAdminPolicy", {"type": "cluster"}),
        "models": ("AmazonEKSEditPolicy", {"type": "namespace", "namespaces": ["kserve-test"]}),
    }


def test_predictors_read_their_bucket_with_its_key_and_do_nothing_else(run: Run) -> None:
    recorder = run("eks-prod")
    statements = _statements(recorder.the("RolePolicy", "model-reader-torchserve-read").inputs["policy"])
    bucket = "arn:aws:s3:::example-org-kserve-models"

    assert {row["Sid"]: (row["Action"], row["Resource"]) for row in statements} == {
        "List": ("s3:ListBucket", [bucket]),
        "Read": ("s3:GetObject", [f"{bucket}/*"]),
        "Decrypt": ("kms:Decrypt", KEY),
    }
    bound = recorder.the("PodIdentityAssociation", "model-reader-torchserve").inputs
    assert (bound["namespace"], bound["serviceAccount"]) == ("kserve-test", "torchserve")


def test_with_irsa_service_accounts_are_trusted_by_name_and_no_agent_runs(run: Run) -> None:
    recorder = run("eks-prod", identity="irsa")
    (trust,) = _statements(recorder.the("Role", "vpc-cni").inputs["assumeRolePolicy"])
    host = ISSUER.removeprefix("https://")

    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            f"{host}:aud": "sts.amazonaws.com",
            f"{host}:sub": "system:serviceaccount:kube-system:aws-node",
        }
    }
    assert recorder.of("PodIdentityAssociation") == []
    assert "eks-pod-identity-agent" not in {found.name for found in recorder.of("Addon")}
    assert recorder.the("Addon", "vpc-cni").inputs["serviceAccountRoleArn"].endswith("-vpc-cni")


def test_one_gateway_serves_every_zone_in_development_and_each_zone_has_its_own_in_production(
    run: Run,
) -> None:
    assert [found.name for found in run("eks-dev").of("NatGateway")] == ["nat-us-west-2a"]
    assert len(run("eks-prod").of("NatGateway")) == 3


def test_what_is_there_already_is_used_and_not_made(run: Run) -> None:
    subnets = {"us-west-2a": "subnet-0aaaaaaaaaaaaaaaa", "us-west-2b": "subnet-0bbbbbbbbbbbbbbbb"}
    role = f"arn:aws:iam::{ACCOUNT}:role/given"
    recorder = run(
        "eks-prod",
        zones=["us-west-2a", "us-west-2b"],
        network={},
        existing={
            "vpc": "vpc-0123456789abcdef0",
            "privateSubnets": subnets,
            "kmsKey": KEY,
            "clusterRole": role,
            "nodeRole": role,
        },
    )

    assert {kind: recorder.of(kind) for kind in ("Vpc", "Subnet", "NatGateway", "VpcEndpoint", "Key")} == {
        "Vpc": [],
        "Subnet": [],
        "NatGateway": [],
        "VpcEndpoint": [],
        "Key": [],
    }
    cluster = recorder.the("Cluster", "cluster").inputs
    assert cluster["vpcConfig"]["subnetIds"] == list(subnets.values())
    assert cluster["roleArn"] == role
    assert recorder.the("NodeGroup", "gpu").inputs["nodeRoleArn"] == role


def test_a_key_that_is_there_already_encrypts_everything_and_is_never_deleted(run: Run) -> None:
    key = "arn:aws:kms:us-west-2:111122223333:key/11111111-2222-3333-4444-555555555555"
    recorder = run("eks-prod", existing={"kmsKey": key})
    (disk,) = recorder.the("LaunchTemplate", "gpu").inputs["blockDeviceMappings"]
    (rule,) = recorder.the("BucketServerSideEncryptionConfiguration", "models").inputs["rules"]

    assert (recorder.of("Key"), recorder.of("Alias")) == ([], [])
    assert recorder.the("Cluster", "cluster").inputs["encryptionConfig"]["provider"]["keyArn"] == key
    assert recorder.the("LogGroup", "control-plane").inputs["kmsKeyId"] == key
    assert disk["ebs"]["kmsKeyId"] == key
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == key
    assert recorder.the("StorageClass", "gp3").inputs["parameters"]["kmsKeyId"] == key
    reading = _statements(recorder.the("RolePolicy", "model-reader-torchserve-read").inputs["policy"])
    assert [row["Resource"] for row in reading if row["Sid"] == "Decrypt"] == [key]


def test_a_bucket_is_read_by_the_services_that_are_named_and_each_has_a_role_of_its_own(run: Run) -> None:
    buckets = {
        "models": {"bucket": "example-org-kserve-models", "readers": ["torchserve"]},
        "public": {"bucket": "example-org-public", "create": False},
    }
    recorder = run("eks-prod", modelBuckets=buckets)

    assert [found.name for found in recorder.of("Bucket")] == ["models"]
    reading = _statements(recorder.the("RolePolicy", "model-reader-torchserve-read").inputs["policy"])
    assert {arn for row in reading for arn in row["Resource"] if row["Sid"] == "List"} == {
        "arn:aws:s3:::example-org-kserve-models"
    }
    assert {found.inputs["serviceAccount"] for found in recorder.of("PodIdentityAssociation")} >= {
        "torchserve"
    }


def test_with_irsa_a_services_role_trusts_the_account_of_that_service_only(run: Run) -> None:
    recorder = run("eks-prod", identity="irsa")

    (trust,) = _statements(recorder.the("Role", "model-reader-torchserve").inputs["assumeRolePolicy"])

    subjects = [value for key, value in trust["Condition"]["StringEquals"].items() if key.endswith(":sub")]
    assert subjects == ["system:serviceaccount:kserve-test:torchserve"]


def test_the_kubeconfig_asks_for_the_callers_own_credentials_and_is_secret(run: Run) -> None:
    (provider,) = [found for found in run("eks-dev").resources if found.type == "pulumi:providers:kubernetes"]

    content = provider.inputs["kubeconfig"]

    assert isinstance(content, Secret)
    user = json.loads(content.value)["users"][0]["user"]
    assert user["exec"]["command"] == "aws"
    assert user["exec"]["args"][:4] == ["--region", "us-west-2", "eks", "get-token"]
    assert set(user) == {"exec"}


def _statements(policy: str) -> list[dict[str, Any]]:
    return list(json.loads(policy)["Statement"])
