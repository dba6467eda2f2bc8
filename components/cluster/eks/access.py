"""Who may use the cluster: access entries, each with one of EKS's own policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.settings.eks.access import AccessPolicy

# Names of EKS's access policies (EKS user guide, "Review access policy permissions").
POLICIES: Mapping[AccessPolicy, str] = {
    "clusterAdmin": "AmazonEKSClusterAdminPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}
DEPLOYER = "Deployer"
"""Name of this project's own entry. Users' names have no capitals."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What somebody may do.

    Attributes:
        principal: ARN of a role or user.
        policy: What.
        namespaces: Where; empty for everywhere.
    """

    principal: pulumi.Input[str]
    policy: AccessPolicy
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Args:
    """What access needs.

    Attributes:
        cluster: Name of the cluster, as its resource gives it.
        entries: By name; the deployer among them.
    """

    cluster: pulumi.Input[str]
    entries: Mapping[str, Entry]


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What access gives.

    Attributes:
        ready: Everybody's rights. Nothing can be put on the cluster before the deployer's, and nothing be
            taken away from it after them.
    """

    ready: tuple[pulumi.Resource, ...]


class Access(Part):
    """Access entries of a cluster."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Access", "access", place, opts)
        self.outputs = Outputs(
            ready=tuple(self._allow(args.cluster, name, entry) for name, entry in args.entries.items())
        )
        self.register_outputs({})

    def _allow(self, cluster: pulumi.Input[str], name: str, entry: Entry) -> pulumi.Resource:
        known = aws.eks.AccessEntry(
            name,
            cluster_name=cluster,
            principal_arn=entry.principal,
            type="STANDARD",
            tags=self._place.tagged(name),
            opts=self._options(),
        )
        allowed: pulumi.Resource = aws.eks.AccessPolicyAssociation(
            name,
            cluster_name=cluster,
            principal_arn=entry.principal,
            policy_arn=f"arn:{self._place.partition}:eks::aws:cluster-access-policy/{POLICIES[entry.policy]}",
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(
                type="namespace" if entry.namespaces else "cluster",
                namespaces=sorted(entry.namespaces) or None,
            ),
            opts=self._options([known]),
        )
        return allowed
