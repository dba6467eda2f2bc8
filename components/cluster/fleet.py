"""What layers need to know of a cluster that makes machines in AWS: plain data, no SDK of AWS behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi

from components.settings.eks.cluster import Autoscaler
from components.settings.eks.network import Existing, LoadBalancer
from components.settings.eks.nodes import GpuSettings, NodeGroup, Taint

Software = Literal["clusterAutoscaler", "karpenter", "loadBalancerController"]
"""What runs on the cluster and asks something of AWS."""


@dataclass(frozen=True)
class ServiceAccount:
    """Whom AWS takes a role's pods for.

    Attributes:
        namespace: Namespace of the account.
        name: Its name.
    """

    namespace: str
    name: str


ACCOUNTS: Mapping[Software, ServiceAccount] = {
    "clusterAutoscaler": ServiceAccount("kube-system", "cluster-autoscaler"),
    "karpenter": ServiceAccount("kube-system", "karpenter"),
    "loadBalancerController": ServiceAccount("kube-system", "aws-load-balancer-controller"),
}
"""The accounts that roles trust, in one place: AWS and the layers must say the same."""

# EKS Auto Mode does what these do by itself, outside the cluster.
SOFTWARE: Mapping[Autoscaler, tuple[Software, ...]] = {
    "clusterAutoscaler": ("clusterAutoscaler", "loadBalancerController"),
    "karpenter": ("karpenter", "loadBalancerController"),
    "auto": (),
}
"""What runs on a cluster, by what makes its machines."""

MODELS = "kserve-test"
"""Namespace of the services. Roles are given to its accounts before it exists."""


def account_of_service(name: str) -> ServiceAccount:
    """The account that a service's pods run as: its own, so that one model never reads another's files."""
    return ServiceAccount(MODELS, name)


def role_annotation(arn: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """What a service account carries with IRSA (EKS user guide, "Assign IAM roles to service accounts")."""
    return {"eks.amazonaws.com/role-arn": arn}


@dataclass(frozen=True, kw_only=True)
class PodRole:
    """The AWS role of a software's pods. It and its policies are there before anything on the cluster is.

    Attributes:
        account: The service account that the pods run as.
        annotations: What that account must carry: its role with IRSA, nothing with EKS Pod Identity.
    """

    account: ServiceAccount
    annotations: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class MachineGroup:
    """Machines of one kind.

    Attributes:
        settings: What the stack file says of them.
        labels: Labels of their nodes, this project's own among them.
        taints: Taints of their nodes, the one of GPUs among them.
        zones: Availability zones.
        gpus: GPUs of the most wanted machine; 0 without.
        managed: EKS keeps a node group of them. The others are made by Karpenter or Auto Mode when pods wait.
        told: What they are told at their start of how their GPUs are shared; empty for nothing. EKS tells the
            managed ones.
    """

    settings: NodeGroup
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    zones: tuple[str, ...]
    gpus: int
    managed: bool
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What the machines of a cluster are and who makes them.

    Attributes:
        cluster: Name of the cluster in AWS.
        kubernetes_version: Its minor version, e.g. 1.35.
        region: Its region.
        vpc: Id of its VPC. Pods cannot ask a machine's metadata service for it.
        subnets: Ids of the subnets of machines, by availability zone.
        security_group: Id of the security group that EKS made for control plane and machines.
        node_role: Name of the machines' role; None in Auto Mode without machines of one's own.
        key_arn: KMS key of disks; None for AWS's own.
        tags: Tags of everything in AWS that belongs to the stack.
        autoscaler: Who makes machines.
        groups: Machines by the name of their group.
        gpu: How GPUs are shown to pods.
        load_balancer: Who reaches the gateway.
        existing: What was there before the stack.
        roles: AWS roles of pods, of those softwares that this cluster runs.
        readers: AWS roles of services that read model buckets, by service.
        interruption_queue: Name of the queue in which AWS says what it is about to take away; Karpenter only.
        instance_profile: Name of the profile by which machines get their role; Karpenter only.
        isolated: Nothing reaches the internet: of AWS only what has an endpoint in the VPC answers.
    """

    cluster: str
    kubernetes_version: str
    region: str
    vpc: pulumi.Input[str]
    subnets: Mapping[str, pulumi.Input[str]]
    security_group: pulumi.Input[str]
    node_role: pulumi.Input[str] | None
    key_arn: pulumi.Input[str] | None
    tags: Mapping[str, str]
    autoscaler: Autoscaler
    groups: Mapping[str, MachineGroup]
    gpu: GpuSettings
    load_balancer: LoadBalancer
    existing: Existing = field(default_factory=Existing)
    roles: Mapping[Software, PodRole]
    readers: Mapping[str, PodRole] = field(default_factory=dict)
    interruption_queue: pulumi.Input[str] | None = None
    instance_profile: pulumi.Input[str] | None = None
    isolated: bool = False

    @property
    def gpu_groups(self) -> Mapping[str, MachineGroup]:
        """The groups with GPUs."""
        return {name: group for name, group in self.groups.items() if group.gpus}
