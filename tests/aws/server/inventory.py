"""Everything in the double's account, as one list: what was there before must be all that is there after."""

from __future__ import annotations

from tests.aws.kinds.base import Calls
from tests.aws.server.eks_world import World

# Operation, the list in its answer, and what names a row.
_LISTS = (
    ("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups", "AutoScalingGroupName"),
    ("ec2", "DescribeAddresses", "Addresses", "AllocationId"),
    ("ec2", "DescribeInternetGateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "DescribeLaunchTemplates", "LaunchTemplates", "LaunchTemplateName"),
    ("ec2", "DescribeNatGateways", "NatGateways", "NatGatewayId"),
    ("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "DescribeRouteTables", "RouteTables", "RouteTableId"),
    ("ec2", "DescribeSecurityGroups", "SecurityGroups", "GroupId"),
    ("ec2", "DescribeSubnets", "Subnets", "SubnetId"),
    ("ec2", "DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "DescribeVpcs", "Vpcs", "VpcId"),
    ("eks", "ListClusters", "clusters", ""),
    ("events", "ListRules", "Rules", "Name"),
    ("iam", "ListInstanceProfiles", "InstanceProfiles", "InstanceProfileName"),
    ("iam", "ListOpenIDConnectProviders", "OpenIDConnectProviderList", "Arn"),
    ("iam", "ListRoles", "Roles", "RoleName"),
    ("kms", "ListAliases", "Aliases", "AliasName"),
    ("kms", "ListKeys", "Keys", "KeyId"),
    ("logs", "DescribeLogGroups", "logGroups", "logGroupName"),
    ("s3", "ListBuckets", "Buckets", "Name"),
    ("sqs", "ListQueues", "QueueUrls", ""),
)


def inventory(aws: Calls, eks: World) -> list[str]:
    """What is there, by operation and name. Keys that wait for their end count as gone."""
    found: list[str] = []
    for service, operation, rows, name in _LISTS:
        found += [
            f"{rows} {row[name] if name else row}"
            for row in aws(service, operation).get(rows, [])
            if isinstance(row, str) or row.get("State") not in {"deleted", "deleting"}
        ]
    keys = [row.removeprefix("Keys ") for row in found if row.startswith("Keys ")]
    ended = {
        f"Keys {key}"
        for key in keys
        if aws("kms", "DescribeKey", KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    }
    ours = [f"EKS {next(row[key] for key in row if key.endswith('Arn'))}" for row in eks.rows()]
    return sorted([*(row for row in found if row not in ended), *ours])
