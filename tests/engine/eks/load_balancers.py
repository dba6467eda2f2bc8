"""A double of AWS's load balancer controller: network interfaces for each Service that asks for a balancer.

The real one runs on the cluster's machines. What it makes is in the VPC, no stack knows of it, and it takes
it away when the Service goes: if it still runs by then. Where it does not, interfaces stay, and subnets and
VPC stay with them.
"""

from __future__ import annotations

from tests.aws.api import Api

TOKEN = "Bearer k8s-aws-v1.double"
"""What the double of AWS's command line tool gives as a token (tests/engine/eks/bin/aws)."""
HOST = "k8s-ingress-0123456789.elb.us-west-2.amazonaws.com"

# What the real controller finds subnets for internal load balancers by.
_INTERNAL = "kubernetes.io/role/internal-elb"


class LoadBalancers:
    """The balancers of a cluster.

    Args:
        cluster: Its name.
        aws: The account.

    Attributes:
        left_behind: Services that went when no controller ran any more.
        seen: Services that ever had one.
    """

    def __init__(self, cluster: str, aws: Api) -> None:
        self.left_behind: list[str] = []
        self.seen: set[str] = set()
        self._cluster = cluster
        self._aws = aws
        self._interfaces: dict[str, str] = {}

    def made(self, path: str) -> None:
        """A Service asks for a balancer; a second time changes nothing."""
        if path in self._interfaces:
            return
        self.seen.add(path)
        subnets = self._aws("ec2", "DescribeSubnets", Filters=[{"Name": "tag-key", "Values": [_INTERNAL]}])
        made = self._aws(
            "ec2",
            "CreateNetworkInterface",
            SubnetId=subnets["Subnets"][0]["SubnetId"],
            Description="ELB net/k8s-ingress",
        )
        self._interfaces[path] = made["NetworkInterface"]["NetworkInterfaceId"]

    def removed(self, path: str) -> None:
        """A Service goes."""
        if path not in self._interfaces:
            return
        if not self._aws("eks", "ListNodegroups", clusterName=self._cluster)["nodegroups"]:
            self.left_behind.append(path)
            return
        self._aws("ec2", "DeleteNetworkInterface", NetworkInterfaceId=self._interfaces.pop(path))
