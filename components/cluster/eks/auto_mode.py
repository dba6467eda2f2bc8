"""EKS Auto Mode: AWS makes the machines, and runs itself what other clusters need software of their own for.

Only the machines' role is left to make, and that EKS lets them in: it does so by itself for its own pools
alone (EKS user guide, "Create a Node Class": an access entry of type EC2). Pools and classes are objects on
the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks import node_groups
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.eks.roles import role_of_machines

# EKS user guide, "Amazon EKS Auto Mode node IAM role".
_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
CLUSTER_POLICIES = (
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
"""What the control plane's role has besides (EKS user guide, "Amazon EKS Auto Mode cluster IAM role")."""


@dataclass(frozen=True, kw_only=True)
class Args:
    """What Auto Mode needs.

    Attributes:
        cluster: Name of the cluster, as its resource gives it.
        role_arn: Role of the machines that is there already; None to make one.
        after: What machines need to reach anything.
    """

    cluster: pulumi.Input[str]
    role_arn: str | None
    after: tuple[pulumi.Resource, ...]


class AutoMode(Part):
    """What machines of Auto Mode need of AWS."""

    outputs: node_groups.Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("AutoMode", "auto-mode", place, opts)
        arn, name, ready = role_of_machines(place, args.role_arn, _POLICIES, self._options())
        let_in = aws.eks.AccessEntry(
            "machines",
            cluster_name=args.cluster,
            principal_arn=arn,
            type="EC2",
            tags=place.tagged("machines"),
            opts=self._options(ready),
        )
        allowed = aws.eks.AccessPolicyAssociation(
            "machines",
            cluster_name=args.cluster,
            principal_arn=arn,
            policy_arn=f"arn:{place.partition}:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=self._options([let_in]),
        )
        self.outputs = node_groups.Outputs(
            groups=(), role=name, role_arn=arn, ready=(*args.after, *ready, allowed)
        )
        self.register_outputs({})
