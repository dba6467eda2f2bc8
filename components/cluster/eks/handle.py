"""What the AWS side of a cluster hands over, and the handle that layers get of it.

It is the same whether it comes from resources of this stack or from the outputs of another. Nothing here
knows the SDK of AWS: stacks with what is installed on a cluster do without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.cluster.base import Capabilities, Cluster, IngressEndpoint, connect
from components.cluster.eks.machine_plan import GPU_RESOURCE, plan_machines
from components.cluster.eks.place import Place
from components.cluster.eks.storage import CLASS
from components.cluster.eks.user_data import of_sharing
from components.cluster.fleet import (
    ACCOUNTS,
    Fleet,
    MachineGroup,
    PodRole,
    ServiceAccount,
    Software,
    account_of_service,
    role_annotation,
)
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import gpu_groups, managed_groups, zones_of
from components.settings.eks.nodes import Taint

_GPU_TAINT = Taint(key=GPU_RESOURCE, value="true", effect="NoSchedule")


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What is known of a cluster only once AWS has made it.

    Attributes:
        kubeconfig: Content of a kubeconfig; it holds no credential.
        vpc: Id of the VPC.
        subnets: Ids of the machines' subnets, by zone.
        security_group: Id of the group of control plane and machines.
        node_role: Name of the machines' role; None where there are none of one's own.
        key_arn: The customer's KMS key; None without.
        roles: ARNs of the roles of software on the cluster.
        readers: ARNs of the roles of services that read model buckets, by service.
        interruption_queue: Name of Karpenter's queue; None without.
        instance_profile: Name of the machines' profile; Karpenter only.
    """

    kubeconfig: pulumi.Input[str]
    vpc: pulumi.Input[str]
    subnets: Mapping[str, pulumi.Input[str]]
    security_group: pulumi.Input[str]
    node_role: pulumi.Input[str] | None
    key_arn: pulumi.Input[str] | None
    roles: Mapping[Software, pulumi.Input[str]] = field(default_factory=dict)
    readers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    interruption_queue: pulumi.Input[str] | None = None
    instance_profile: pulumi.Input[str] | None = None

    @property
    def exported(self) -> dict[str, Any]:
        """What another stack is told beside the kubeconfig; nothing of it is secret."""
        return {
            "vpc": self.vpc,
            "subnets": dict(self.subnets),
            "securityGroup": self.security_group,
            "nodeRole": self.node_role,
            "keyArn": self.key_arn,
            "roles": dict(self.roles),
            "readers": dict(self.readers),
            "interruptionQueue": self.interruption_queue,
            "instanceProfile": self.instance_profile,
        }


def hand_over(
    settings: EksSettings,
    place: Place,
    found: Handover,
    *,
    small: bool,
    depends_on: Sequence[pulumi.Resource] = (),
) -> Cluster:
    """The handle of a cluster.

    Its `made_by` is None: deleting a cluster leaves load balancers and volumes behind that its controllers
    made, so that everything on it is deleted one by one, while its machines still run.

    Args:
        settings: The stack's cluster.
        place: Of it.
        found: What AWS made.
        small: Requests are lowered.
        depends_on: What everything on the cluster needs, and what goes only after all of it is gone.
    """
    capabilities = Capabilities(
        load_balancer=True,
        storage_class=CLASS,
        gpu_resource=GPU_RESOURCE if gpu_groups(settings) else None,
        images="pull",
        small=small,
        ours=True,
        ingress=IngressEndpoint(host=None, port=None, node_port=None),
    )
    return connect(
        place.cluster,
        found.kubeconfig,
        capabilities,
        fleet=fleet_of(settings, place, found),
        depends_on=depends_on,
    )


def fleet_of(settings: EksSettings, place: Place, found: Handover) -> Fleet:
    """What layers are told.

    Args:
        settings: The stack's cluster.
        place: Of it.
        found: What AWS made.
    """
    irsa = settings.identity == "irsa"

    def role(account: ServiceAccount, arn: pulumi.Input[str]) -> PodRole:
        return PodRole(account=account, annotations=role_annotation(arn) if irsa else {})

    return Fleet(
        cluster=place.cluster,
        kubernetes_version=settings.kubernetes_version,
        region=place.region,
        vpc=found.vpc,
        subnets=found.subnets,
        security_group=found.security_group,
        node_role=found.node_role,
        key_arn=found.key_arn,
        tags=place.tags,
        autoscaler=settings.autoscaler,
        groups=groups_of(settings),
        gpu=settings.gpu,
        load_balancer=settings.load_balancer,
        existing=settings.existing,
        roles={software: role(ACCOUNTS[software], arn) for software, arn in found.roles.items()},
        readers={name: role(account_of_service(name), arn) for name, arn in found.readers.items()},
        interruption_queue=found.interruption_queue,
        instance_profile=found.instance_profile,
        isolated=settings.network.nat == "none",
    )


def groups_of(settings: EksSettings) -> dict[str, MachineGroup]:
    """All groups of a stack, as Kubernetes sees their machines. Pure."""
    managed = managed_groups(settings)
    groups = {}
    for name, group in settings.node_groups.items():
        plan = plan_machines(name, group, settings.gpu)
        groups[name] = MachineGroup(
            settings=group,
            labels=plan.labels,
            taints=(*group.taints, *((_GPU_TAINT,) if plan.gpus else ())),
            zones=zones_of(settings, group),
            gpus=plan.gpus,
            managed=name in managed,
            told=of_sharing(group, settings.gpu),
        )
    return groups
