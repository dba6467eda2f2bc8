"""What the software that makes machines and load balancers may do in AWS: IAM policy documents. Pure.

Written anew from what each project says its controller calls; each statement is held to what carries the
cluster's tag, wherever AWS has a condition for that. "Describe" has none in EC2, ELB and Auto Scaling.
"""

from __future__ import annotations

from components.cluster.eks.documents import Statement, document
from components.cluster.eks.place import Place

_ELB = "elasticloadbalancing"
_CLUSTER_TAG = "elbv2.k8s.aws/cluster"
"""The tag that the load balancer controller puts on everything that it makes; its value is the cluster."""


def scale_groups(place: Place) -> str:
    """Change the size of the cluster's Auto Scaling groups (cluster-autoscaler, its README for AWS)."""
    return document(
        {
            "Sid": "Look",
            "Effect": "Allow",
            "Action": [
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ],
            "Resource": "*",
        },
        {
            # Labels and taints of a group without machines.
            "Sid": "LookAtNodeGroups",
            "Effect": "Allow",
            "Action": "eks:DescribeNodegroup",
            "Resource": f"arn:{place.partition}:eks:{place.region}:*:nodegroup/{place.cluster}/*",
        },
        {
            "Sid": "Scale",
            "Effect": "Allow",
            "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{place.cluster}": "owned"}
            },
        },
    )


def balance_load(place: Place) -> str:
    """Make the load balancers of Services, and nothing of what the controller could do for Ingresses besides.

    The actions are those of docs/install/iam_policy.json of aws-load-balancer-controller 2.17, without the
    ones for WAF, Shield and Cognito, which its flags switch off.
    """
    return document(*_look_at_load_balancers(), *_security_groups(place), *_load_balancers(place))


def _look_at_load_balancers() -> tuple[Statement, ...]:
    ec2 = (
        "DescribeAccountAttributes",
        "DescribeAddresses",
        "DescribeAvailabilityZones",
        "DescribeCoipPools",
        "DescribeInstances",
        "DescribeInternetGateways",
        "DescribeIpamPools",
        "DescribeNetworkInterfaces",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeTags",
        "DescribeVpcPeeringConnections",
        "DescribeVpcs",
        "GetCoipPoolUsage",
        "GetSecurityGroupsForVpc",
    )
    balancers = (
        "DescribeCapacityReservation",
        "DescribeListenerAttributes",
        "DescribeListenerCertificates",
        "DescribeListeners",
        "DescribeLoadBalancerAttributes",
        "DescribeLoadBalancers",
        "DescribeRules",
        "DescribeSSLPolicies",
        "DescribeTags",
        "DescribeTargetGroupAttributes",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
        "DescribeTrustStores",
    )
    return (
        {
            "Sid": "Look",
            "Effect": "Allow",
            "Action": [
                *(f"ec2:{action}" for action in ec2),
                *(f"{_ELB}:{action}" for action in balancers),
                "acm:DescribeCertificate",
                "acm:ListCertificates",
            ],
            "Resource": "*",
        },
        {
            # The first load balancer of an account makes the role that ELB works with.
            "Sid": "ServiceRole",
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": "*",
            "Condition": {"StringEquals": {"iam:AWSServiceName": f"{_ELB}.amazonaws.com"}},
        },
    )


def _security_groups(place: Place) -> tuple[Statement, ...]:
    groups = f"arn:{place.partition}:ec2:{place.region}:*:security-group/*"
    ours = {"StringEquals": {f"aws:ResourceTag/{_CLUSTER_TAG}": place.cluster}}
    return (
        {
            # Among them the cluster's own, which EKS tagged in its own way: a rule for each load balancer.
            "Sid": "Rules",
            "Effect": "Allow",
            "Action": ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            "Resource": groups,
            "Condition": {
                "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{place.cluster}": "owned"}
            },
        },
        {
            "Sid": "OwnRules",
            "Effect": "Allow",
            "Action": [
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:DeleteSecurityGroup",
                "ec2:RevokeSecurityGroupIngress",
            ],
            "Resource": groups,
            "Condition": ours,
        },
        {
            # It is made in a VPC, which carries no such tag.
            "Sid": "MakeGroup",
            "Effect": "Allow",
            "Action": "ec2:CreateSecurityGroup",
            "Resource": [groups, f"arn:{place.partition}:ec2:{place.region}:*:vpc/*"],
        },
        {
            "Sid": "TagNewGroup",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": groups,
            "Condition": {
                "StringEquals": {
                    "ec2:CreateAction": "CreateSecurityGroup",
                    f"aws:RequestTag/{_CLUSTER_TAG}": place.cluster,
                }
            },
        },
        {
            "Sid": "TagGroup",
            "Effect": "Allow",
            "Action": ["ec2:CreateTags", "ec2:DeleteTags"],
            "Resource": groups,
            "Condition": {**ours, "Null": {f"aws:RequestTag/{_CLUSTER_TAG}": "true"}},
        },
    )


def _load_balancers(place: Place) -> tuple[Statement, ...]:
    base = f"arn:{place.partition}:{_ELB}:{place.region}:*"
    made = [f"{base}:targetgroup/*/*", f"{base}:loadbalancer/net/*/*"]
    ours = {"StringEquals": {f"aws:ResourceTag/{_CLUSTER_TAG}": place.cluster}}
    asked = {"StringEquals": {f"aws:RequestTag/{_CLUSTER_TAG}": place.cluster}}
    listeners = [f"{base}:listener/net/*/*/*"]
    changes = (
        "DeleteLoadBalancer",
        "DeleteTargetGroup",
        "ModifyCapacityReservation",
        "ModifyIpPools",
        "ModifyListenerAttributes",
        "ModifyLoadBalancerAttributes",
        "ModifyTargetGroup",
        "ModifyTargetGroupAttributes",
        "SetIpAddressType",
        "SetSecurityGroups",
        "SetSubnets",
    )
    return (
        {
            "Sid": "MakeBalancer",
            "Effect": "Allow",
            "Action": [f"{_ELB}:CreateLoadBalancer", f"{_ELB}:CreateTargetGroup"],
            "Resource": "*",
            "Condition": asked,
        },
        {
            "Sid": "Listeners",
            "Effect": "Allow",
            "Action": [
                f"{_ELB}:{action}"
                for action in (
                    "AddListenerCertificates",
                    "CreateListener",
                    "DeleteListener",
                    "ModifyListener",
                    "RemoveListenerCertificates",
                )
            ],
            "Resource": [f"{base}:loadbalancer/net/*/*", *listeners],
        },
        {
            "Sid": "TagNewBalancer",
            "Effect": "Allow",
            "Action": f"{_ELB}:AddTags",
            "Resource": made,
            "Condition": {
                "StringEquals": {
                    **asked["StringEquals"],
                    f"{_ELB}:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"],
                }
            },
        },
        {
            "Sid": "TagBalancer",
            "Effect": "Allow",
            "Action": [f"{_ELB}:AddTags", f"{_ELB}:RemoveTags"],
            "Resource": made,
            "Condition": {**ours, "Null": {f"aws:RequestTag/{_CLUSTER_TAG}": "true"}},
        },
        {
            "Sid": "TagListener",
            "Effect": "Allow",
            "Action": [f"{_ELB}:AddTags", f"{_ELB}:RemoveTags"],
            "Resource": listeners,
        },
        {
            "Sid": "ChangeBalancer",
            "Effect": "Allow",
            "Action": [f"{_ELB}:{action}" for action in changes],
            "Resource": "*",
            "Condition": ours,
        },
        {
            "Sid": "Targets",
            "Effect": "Allow",
            "Action": [f"{_ELB}:DeregisterTargets", f"{_ELB}:RegisterTargets"],
            "Resource": f"{base}:targetgroup/*/*",
        },
    )
