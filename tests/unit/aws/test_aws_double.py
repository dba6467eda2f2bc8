"""The double of AWS refuses what AWS refuses and moto does not: what level 4 is held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.api import Api, RequestRefused
from tests.aws.kinds.eks import EKS
from tests.aws.server.process import AwsDouble, running

REGION = "us-west-2"
TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture(scope="module")
def double() -> Iterator[AwsDouble]:
    with running() as aws:
        yield aws


@pytest.fixture(scope="module")
def aws(double: AwsDouble) -> Api:
    return Api(REGION, double.url)


@pytest.fixture(scope="module")
def network(aws: Api) -> dict[str, str]:
    """A VPC with two subnets, and a way out of neither."""
    vpc = aws("ec2", "CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        aws(
            "ec2",
            "CreateSubnet",
            VpcId=vpc,
            CidrBlock=f"10.1.{each}.0/24",
            AvailabilityZone=f"{REGION}{zone}",
        )
        for each, zone in enumerate("ab")
    ]
    return {"vpc": vpc, **{f"subnet-{i}": made["Subnet"]["SubnetId"] for i, made in enumerate(subnets)}}


@pytest.fixture(scope="module")
def cluster(aws: Api, network: dict[str, str]) -> dict[str, Any]:
    """A cluster that is ready, with a role for machines."""
    roles = {}
    for name, policy in (("plane", "AmazonEKSClusterPolicy"), ("machines", "AmazonEKSWorkerNodePolicy")):
        made = aws("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)
        aws("iam", "AttachRolePolicy", RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
        roles[name] = made["Role"]["Arn"]
    subnets = [network["subnet-0"], network["subnet-1"]]
    asked = {"name": "demo", "version": "1.35", "deletionProtection": True}
    reach = {"subnetIds": subnets}
    aws("eks", "CreateCluster", **asked, roleArn=roles["plane"], resourcesVpcConfig=reach)
    told = [aws("eks", "DescribeCluster", name="demo")["cluster"] for _ in range(2)]
    return {**roles, "subnets": subnets, "told": told}


def _group(aws: Api, cluster: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    template = aws(
        "ec2", "CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData={"UserData": ""}
    )
    asked = {
        "clusterName": "demo",
        "nodegroupName": name,
        "nodeRole": cluster["machines"],
        "subnets": cluster["subnets"],
        "version": "1.35",
        "launchTemplate": {"id": template["LaunchTemplate"]["LaunchTemplateId"], "version": "1"},
        "scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": 1},
    }
    aws("eks", "CreateNodegroup", **{**asked, **changes})
    for _ in range(2):
        told = aws("eks", "DescribeNodegroup", clusterName="demo", nodegroupName=name)["nodegroup"]
    return dict(told)


def test_a_cluster_is_being_made_before_it_is_there(cluster: dict[str, Any]) -> None:
    assert [each["status"] for each in cluster["told"]] == ["CREATING", "ACTIVE"]


def test_machines_without_addons_or_a_way_out_do_not_join(aws: Api, cluster: dict[str, Any]) -> None:
    told = _group(aws, cluster, "lonely")

    assert told["status"] == "CREATE_FAILED"
    assert [issue["message"].partition(": ")[2] for issue in told["health"]["issues"]] == [
        "the add-on kube-proxy is not there",
        "the add-on vpc-cni is not there",
        *(
            f"{subnet} has no route out and no endpoints of ec2, ecr.api, ecr.dkr, s3, sts"
            for subnet in cluster["subnets"]
        ),
    ]


def test_pods_of_addons_need_machines(aws: Api, cluster: dict[str, Any]) -> None:
    made = aws("eks", "CreateAddon", clusterName="demo", addonName="coredns")["addon"]

    assert (made["status"], made["health"]["issues"][0]["code"]) == (
        "DEGRADED",
        "InsufficientNumberOfReplicas",
    )


def test_the_provider_says_why_machines_did_not_join(aws: Api, cluster: dict[str, Any]) -> None:
    kind = next(kind for kind in EKS if kind.token == "aws:eks/addon:Addon")
    inputs = {"clusterName": "demo", "addonName": "metrics-server", "addonVersion": "v1"}

    with pytest.raises(Exception, match="the add-on demo:metrics-server is DEGRADED: InsufficientNumberOf"):
        kind.create(aws, "metrics-server", inputs)


@pytest.mark.parametrize(
    ("operation", "request_", "told"),
    [
        ("DeleteCluster", {"name": "demo"}, "Cluster deletion protection is enabled."),
        (
            "UpdateClusterVersion",
            {"name": "demo", "version": "1.37"},
            "minor version update from 1.35 to 1.37",
        ),
        ("DescribeAddon", {"clusterName": "demo", "addonName": "vpc-cni"}, "No addon: vpc-cni found"),
        ("DescribeCluster", {"name": "other"}, "No cluster found for name: other."),
        (
            "AssociateAccessPolicy",
            {
                "clusterName": "demo",
                "principalArn": "arn:aws:iam::111122223333:role/nobody",
                "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
                "accessScope": {"type": "cluster"},
            },
            "The specified principalArn could not be found",
        ),
    ],
)
def test_eks_refuses_what_it_cannot_do(
    operation: str, request_: dict[str, Any], told: str, aws: Api, cluster: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=told):
        aws("eks", operation, **request_)


def test_machines_are_not_newer_than_their_control_plane(aws: Api, cluster: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"version 1\.36 is greater than cluster version 1\.35"):
        _group(aws, cluster, "new", version="1.36")


def test_machines_that_are_wanted_are_within_the_groups_bounds(aws: Api, cluster: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="desiredSize must be between minSize and maxSize"):
        _group(aws, cluster, "few", scalingConfig={"minSize": 2, "desiredSize": 1, "maxSize": 3})


def test_a_service_account_has_one_role(aws: Api, cluster: dict[str, Any]) -> None:
    asked = {"clusterName": "demo", "namespace": "a", "serviceAccount": "b", "roleArn": cluster["machines"]}
    aws("eks", "CreatePodIdentityAssociation", **asked)

    with pytest.raises(ClientError, match="Association already exists"):
        aws("eks", "CreatePodIdentityAssociation", **asked)


def test_a_subnet_stays_while_a_cluster_is_in_it(aws: Api, network: dict[str, str], cluster: Any) -> None:
    with pytest.raises(ClientError, match=r"DependencyViolation.*cannot be deleted. \(Amazon EKS demo\)"):
        aws("ec2", "DeleteSubnet", SubnetId=network["subnet-0"])


def test_a_nat_gateway_needs_the_internet(aws: Api, network: dict[str, str]) -> None:
    address = aws("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]

    with pytest.raises(ClientError, match=r"Gateway.NotAttached.*has no Internet gateway attached"):
        aws("ec2", "CreateNatGateway", SubnetId=network["subnet-0"], AllocationId=address)


def test_an_address_and_a_gateway_stay_while_a_nat_gateway_uses_them(
    aws: Api, network: dict[str, str]
) -> None:
    vpc, gateway = network["vpc"], aws("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    address = aws("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
    aws("ec2", "AttachInternetGateway", VpcId=vpc, InternetGatewayId=gateway)
    aws("ec2", "CreateNatGateway", SubnetId=network["subnet-1"], AllocationId=address)

    with pytest.raises(ClientError, match=r"InvalidIPAddress.InUse.*because it is in use"):
        aws("ec2", "ReleaseAddress", AllocationId=address)
    with pytest.raises(ClientError, match="has some mapped public address"):
        aws("ec2", "DetachInternetGateway", VpcId=vpc, InternetGatewayId=gateway)
    with pytest.raises(ClientError, match="has dependencies and cannot be deleted"):
        aws("ec2", "DeleteVpc", VpcId=vpc)


def test_a_log_group_of_a_cluster_comes_back(aws: Api, cluster: dict[str, Any]) -> None:
    aws("logs", "DeleteLogGroup", logGroupName="/aws/eks/demo/cluster")

    groups = aws("logs", "DescribeLogGroups", logGroupNamePrefix="/aws/eks/demo")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/aws/eks/demo/cluster"]


def test_a_fault_strikes_as_often_as_it_was_ordered(aws: Api, double: AwsDouble) -> None:
    refusal = {"operation": "ListBuckets", "code": "AccessDenied", "message": "no", "status": 403}
    double.faults({**refusal, "resource": "models"})
    aws("s3", "ListBuckets")

    with aws.made_for("models"), pytest.raises(ClientError, match="AccessDenied"):
        aws("s3", "ListBuckets")
    with aws.made_for("models"):
        assert aws("s3", "ListBuckets")["Buckets"] == []


def test_a_request_that_aws_has_no_model_of_is_not_sent(aws: Api) -> None:
    with pytest.raises(RequestRefused, match='Unknown parameter in input: "nam"'):
        aws("eks", "DescribeCluster", nam="demo")
