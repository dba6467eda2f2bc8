"""What the EKS double keeps beside moto, and the rules that several of its operations share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from tests.aws.kinds.base import Calls
from tests.aws.server.wire import Refusal, Reply, Request, told

Row = dict[str, Any]

QUESTIONS = 2
"""How often a new thing is told as CREATING."""
CLUSTER_POLICY, NODE_POLICY = "AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy"


@dataclass
class ClusterRecord:
    """What moto does not keep of a cluster.

    Attributes:
        asked: The request that made it, and what was changed since.
        questions: How often it is CREATING from now on.
        group: Id of its security group.
        addons, entries, associations: By name, principal and id.
        groups: What moto does not keep of its node groups, by name.
    """

    asked: Row
    questions: int
    group: str
    addons: dict[str, Row] = field(default_factory=dict)
    entries: dict[str, Row] = field(default_factory=dict)
    associations: dict[str, Row] = field(default_factory=dict)
    groups: dict[str, Row] = field(default_factory=dict)


class World:
    """Clusters, and the account that they are in.

    Args:
        aws: Moto's API, in this process.
        forward: Asks moto's EKS.

    Attributes:
        clusters: By name.
        endpoint: URL of every cluster's API, on loopback; None for moto's own, which is nobody's.
    """

    def __init__(self, aws: Calls, forward: Callable[[Request], Reply]) -> None:
        self.aws = aws
        self.forward = forward
        self.clusters: dict[str, ClusterRecord] = {}
        self.endpoint: str | None = None

    def record(self, cluster: str) -> ClusterRecord:
        """A cluster.

        Raises:
            Refusal: There is none of that name.
        """
        if cluster not in self.clusters:
            raise not_found(f"No cluster found for name: {cluster}.")
        return self.clusters[cluster]

    def rows(self) -> list[Row]:
        """Everything with an ARN whose tags moto does not keep."""
        return [
            row
            for record in self.clusters.values()
            for kept in (record.addons, record.entries, record.associations, record.groups)
            for row in kept.values()
        ]

    def writes_to(self, log_group: str) -> bool:
        """Whether a cluster is there that writes to a log group: it makes the group again if that goes."""
        return any(log_group == f"/aws/eks/{name}/cluster" for name in self.clusters)

    def require_ready(self, cluster: str) -> None:
        """Refuse what needs a cluster that runs.

        Raises:
            Refusal: It is still being made.
        """
        if self.record(cluster).questions:
            raise Refusal("InvalidRequestException", f"Cluster '{cluster}' is not in ACTIVE status")

    def require_version(self, cluster: str, version: str) -> None:
        """Refuse machines that are newer than their control plane.

        Raises:
            Refusal: They are.
        """
        have = self.record(cluster).asked["version"]
        if minor(version) > minor(have):
            text = f"Requested Nodegroup version {version} is greater than cluster version {have}"
            raise Refusal("InvalidParameterException", text)

    def require_role(self, arn: str, about: str) -> None:
        """Refuse a role that is not there.

        Raises:
            Refusal: It is not.
        """
        if self._policies(arn) is None:
            raise Refusal(
                "InvalidParameterException", f"Role with arn: {arn}, could not be assumed by {about}"
            )

    def require_unbound(self, cluster: str, namespace: str, account: str) -> None:
        """Refuse a second role for a service account.

        Raises:
            Refusal: It has one.
        """
        for row in self.record(cluster).associations.values():
            if (row["namespace"], row["serviceAccount"]) == (namespace, account):
                text = f"Association already exists: {row['associationId']}"
                raise Refusal("ResourceInUseException", text, 409)

    def has_policy(self, arn: str, policy: str) -> bool:
        """Whether a role is there and has one of AWS's own policies."""
        return policy in (self._policies(arn) or ())

    def _policies(self, arn: str) -> list[str] | None:
        role = arn.rsplit("/", 1)[-1]
        try:
            attached = self.aws("iam", "ListAttachedRolePolicies", RoleName=role)["AttachedPolicies"]
        except ClientError:
            return None
        return [each["PolicyName"] for each in attached]

    def add_interface(self, subnet: str, description: str, group: str) -> None:
        """A network interface that AWS keeps in the user's subnet."""
        self.aws("ec2", "CreateNetworkInterface", SubnetId=subnet, Description=description, Groups=[group])

    def remove_interfaces(self, beginning: str) -> None:
        """Remove the interfaces whose description begins so."""
        for each in self.aws("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"]:
            if each["Description"].startswith(beginning):
                self.aws("ec2", "DeleteNetworkInterface", NetworkInterfaceId=each["NetworkInterfaceId"])


def not_found(message: str) -> Refusal:
    """EKS knows no such thing."""
    return Refusal("ResourceNotFoundException", message, 404)


def minor(version: str) -> int:
    """34 of 1.34."""
    return int(version.split(".")[1])


def updated(kind: str) -> Reply:
    """An update that is done."""
    return told({"update": {"id": str(uuid4()), "status": "Successful", "type": kind}})


def association(cluster: str, namespace: str, account: str, role: str) -> Row:
    """A new association of Pod Identity."""
    key = f"a-{uuid4().hex[:17]}"
    return {
        "associationId": key,
        "associationArn": f"arn:aws:eks:us-west-2:123456789012:podidentityassociation/{cluster}/{key}",
        "clusterName": cluster,
        "namespace": namespace,
        "serviceAccount": account,
        "roleArn": role,
    }
