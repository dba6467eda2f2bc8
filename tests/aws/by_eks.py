"""What EKS makes by itself in the user's account. A double: moto's EKS makes none of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.kinds.base import Calls


def scaling_group(aws: Calls, group: Mapping[str, Any]) -> str:
    """The Auto Scaling group behind a node group: made if it is not there; its name.

    It has no machines: moto's would be EC2 instances of an image that does not exist.

    Args:
        aws: The API.
        group: The node group, as DescribeNodegroup answers it.
    """
    name = f"eks-{group['nodegroupName']}"
    known = aws("autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not known:
        template = {"LaunchTemplateId": group["launchTemplate"]["id"], "Version": "$Latest"}
        aws(
            "autoscaling",
            "CreateAutoScalingGroup",
            AutoScalingGroupName=name,
            LaunchTemplate=template,
            MinSize=0,
            MaxSize=group["scalingConfig"]["maxSize"],
            DesiredCapacity=0,
            VPCZoneIdentifier=",".join(group["subnets"]),
        )
    return name


def security_group(aws: Calls, cluster: Mapping[str, Any]) -> str:
    """The security group of a cluster and its machines: made if it is not there; its id.

    Args:
        aws: The API.
        cluster: The cluster, as DescribeCluster answers it.
    """
    name = f"eks-cluster-sg-{cluster['name']}"
    known = aws("ec2", "DescribeSecurityGroups", Filters=[{"Name": "group-name", "Values": [name]}])
    if known["SecurityGroups"]:
        return str(known["SecurityGroups"][0]["GroupId"])
    answer = aws(
        "ec2",
        "CreateSecurityGroup",
        GroupName=name,
        Description="EKS created security group",
        VpcId=vpc_of(aws, cluster),
    )
    return str(answer["GroupId"])


def vpc_of(aws: Calls, cluster: Mapping[str, Any]) -> str:
    """Id of the VPC of a cluster's subnets."""
    subnets = list(cluster["resourcesVpcConfig"]["subnetIds"])
    found = aws("ec2", "DescribeSubnets", SubnetIds=subnets)["Subnets"]
    (vpc,) = {subnet["VpcId"] for subnet in found}
    return str(vpc)
