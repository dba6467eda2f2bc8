"""A double of what happens on a cluster of EKS: a load balancer for each Service that asks for one.

AWS's load balancer controller runs on the cluster's machines. It makes network interfaces in the VPC that no
stack knows of, and takes them away when the Service goes: if it still runs by then. Where it does not, they
stay, and subnets and VPC stay with them.
"""

from __future__ import annotations

from tests.aws.api import Api
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, refuse

TOKEN = "Bearer k8s-aws-v1.double"
HOST = "k8s-ingress-0123456789.elb.us-west-2.amazonaws.com"


class Controller:
    """Watches the double of a cluster's API.

    Args:
        cluster: Name of the cluster.
        api: The double of its API.
        aws: The account.

    Attributes:
        left_behind: Services that went when no controller ran any more.
    """

    def __init__(self, cluster: str, api: ApiDouble, aws: Api) -> None:
        self.left_behind: list[str] = []
        self._cluster = cluster
        self._api = api
        self._aws = aws
        self._interfaces: dict[str, str] = {}
        api.script = self._see

    def _see(self, call: Call) -> Reply | None:
        if call.headers.get("Authorization") != TOKEN:
            return refuse(401, "Unauthorized", "Unauthorized")
        if "/services/" not in call.path or call.dry:
            return None
        if call.method == "PATCH" and call.path not in self._api.objects:
            return self._made(call)
        if call.method == "DELETE":
            self._removed(call.path)
        return None

    def _made(self, call: Call) -> Reply:
        self._api._answer(call)
        subnets = self._aws("ec2", "DescribeSubnets", Filters=[{"Name": "tag-key", "Values": [_INTERNAL]}])
        made = self._aws(
            "ec2",
            "CreateNetworkInterface",
            SubnetId=subnets["Subnets"][0]["SubnetId"],
            Description="ELB net/k8s-ingress",
        )
        self._interfaces[call.path] = made["NetworkInterface"]["NetworkInterfaceId"]
        status = {"loadBalancer": {"ingress": [{"hostname": HOST}]}}
        return Reply(201, self._api.put(call.path, {**self._api.objects[call.path], "status": status}))

    def _removed(self, path: str) -> None:
        if path not in self._interfaces:
            return
        if not self._aws("eks", "ListNodegroups", clusterName=self._cluster)["nodegroups"]:
            self.left_behind.append(path)
            return
        self._aws("ec2", "DeleteNetworkInterface", NetworkInterfaceId=self._interfaces.pop(path))


# What the real controller finds subnets for internal load balancers by.
_INTERNAL = "kubernetes.io/role/internal-elb"
