"""What Karpenter may do in AWS, and who may write to its queue: IAM policy documents. Pure.

The actions are those that Karpenter 1.14 calls (pkg/aws/sdk.go) and its getting-started template allows, but
for making instance profiles: this project gives it one, so that it can give no machine another role.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.cluster.eks.documents import Statement, document
from components.cluster.eks.place import Place

_POOL = "karpenter.sh/nodepool"
_NEW = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")


def make_machines(place: Place, queue_arn: str, role_arn: str, profile_arn: str) -> str:
    """Make machines of this cluster and take them away again, and nothing of another's.

    Args:
        place: Of the cluster.
        queue_arn: ARN of the queue of interruptions.
        role_arn: ARN of the machines' role.
        profile_arn: ARN of their instance profile.
    """
    return document(
        *_making(place),
        *_looking(place, profile_arn),
        {
            "Sid": "TakeAway",
            "Effect": "Allow",
            "Action": ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            "Resource": _arns(place, "instance", "launch-template"),
            "Condition": {
                "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{place.cluster}": "owned"},
                "StringLike": {f"aws:ResourceTag/{_POOL}": "*"},
            },
        },
        {
            "Sid": "Interruptions",
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            "Resource": queue_arn,
        },
        {
            "Sid": "MachinesRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": role_arn,
            "Condition": {"StringEquals": {"iam:PassedToService": f"ec2.{place.domain}"}},
        },
    )


def _making(place: Place) -> tuple[Statement, ...]:
    asked = {
        "StringEquals": {f"aws:RequestTag/kubernetes.io/cluster/{place.cluster}": "owned"},
        "StringLike": {f"aws:RequestTag/{_POOL}": "*"},
    }
    actions = ["ec2:CreateFleet", "ec2:RunInstances"]
    public = [f"arn:{place.partition}:ec2:{place.region}::{kind}/*" for kind in ("image", "snapshot")]
    return (
        {
            # What machines are made of; none of it can carry a tag of the request.
            "Sid": "MakeOf",
            "Effect": "Allow",
            "Action": actions,
            "Resource": [*public, *_arns(place, "capacity-reservation", "security-group", "subnet")],
        },
        {
            "Sid": "MakeOfTemplate",
            "Effect": "Allow",
            "Action": actions,
            "Resource": _arns(place, "launch-template"),
            "Condition": {
                "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{place.cluster}": "owned"},
                "StringLike": {f"aws:ResourceTag/{_POOL}": "*"},
            },
        },
        {
            "Sid": "Make",
            "Effect": "Allow",
            "Action": [*actions, "ec2:CreateLaunchTemplate"],
            "Resource": _arns(place, *_NEW),
            "Condition": asked,
        },
        {
            "Sid": "TagNew",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": _arns(place, *_NEW),
            "Condition": {
                "StringEquals": {
                    **asked["StringEquals"],
                    "ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"],
                },
                "StringLike": asked["StringLike"],
            },
        },
        {
            "Sid": "NameMachine",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": _arns(place, "instance"),
            "Condition": {
                "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{place.cluster}": "owned"},
                "StringLike": {f"aws:ResourceTag/{_POOL}": "*"},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["Name", "eks:eks-cluster-name", "karpenter.sh/nodeclaim"]
                },
            },
        },
    )


def _looking(place: Place, profile_arn: str) -> tuple[Statement, ...]:
    seen = (
        "DescribeCapacityReservations",
        "DescribeImages",
        "DescribeInstanceStatus",
        "DescribeInstanceTypeOfferings",
        "DescribeInstanceTypes",
        "DescribeInstances",
        "DescribeLaunchTemplates",
        "DescribePlacementGroups",
        "DescribeSecurityGroups",
        "DescribeSpotPriceHistory",
        "DescribeSubnets",
    )
    return (
        {
            "Sid": "Look",
            "Effect": "Allow",
            "Action": [f"ec2:{action}" for action in seen],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": place.region}},
        },
        {
            # Prices are the same for everybody, and asked in one region for all.
            "Sid": "Prices",
            "Effect": "Allow",
            "Action": "pricing:GetProducts",
            "Resource": "*",
        },
        {
            "Sid": "Images",
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": f"arn:{place.partition}:ssm:{place.region}::parameter/aws/service/*",
        },
        {
            "Sid": "Cluster",
            "Effect": "Allow",
            "Action": "eks:DescribeCluster",
            "Resource": f"arn:{place.partition}:eks:{place.region}:*:cluster/{place.cluster}",
        },
        {"Sid": "Profile", "Effect": "Allow", "Action": "iam:GetInstanceProfile", "Resource": profile_arn},
        {
            # It looks for profiles that it made itself in older versions.
            "Sid": "Profiles",
            "Effect": "Allow",
            "Action": "iam:ListInstanceProfiles",
            "Resource": "*",
        },
    )


def _arns(place: Place, *kinds: str) -> list[str]:
    return [f"arn:{place.partition}:ec2:{place.region}:*:{kind}/*" for kind in kinds]


def write_queue(queue_arn: str, rule_arns: Sequence[str]) -> str:
    """Rules of this stack write to the queue, and nobody speaks to it without TLS.

    Args:
        queue_arn: ARN of the queue.
        rule_arns: ARNs of the rules. Without them a rule of any account could write.
    """
    return document(
        {
            "Sid": "Rules",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": sorted(rule_arns)}},
        },
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": queue_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )
