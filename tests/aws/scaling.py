"""The Auto Scaling group that EKS makes behind each node group. A double: moto's EKS makes none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.kinds.base import Calls


def scaling_group(aws: Calls, answer: Mapping[str, Any]) -> str:
    """Make the group if it is not there, and tell its name.

    It has no machines: moto's would be EC2 instances of an image that does not exist.

    Args:
        aws: The API.
        answer: What DescribeNodegroup answered.
    """
    group = answer["nodegroup"]
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
