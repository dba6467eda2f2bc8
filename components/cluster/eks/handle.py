"""Settings and what was made of them to what layers are told of a cluster's machines."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.cluster.eks import cluster, controllers, network
from components.cluster.eks.machine_plan import GPU_RESOURCE, plan_machines
from components.cluster.eks.place import Place
from components.cluster.fleet import Fleet, MachineGroup
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import managed_groups, zones_of
from components.settings.eks.nodes import Taint

_GPU_TAINT = Taint(key=GPU_RESOURCE, value="true", effect="NoSchedule")


@dataclass(frozen=True, kw_only=True)
class Made:
    """The parts that layers are told of.

    Attributes:
        network: The VPC.
        control_plane: The cluster.
        controllers: Roles of what runs on it.
        node_role: Name of the machines' role.
        key_arn: The customer's key; None without.
    """

    network: network.Outputs
    control_plane: cluster.Outputs
    controllers: controllers.Outputs
    node_role: pulumi.Input[str] | None
    key_arn: pulumi.Input[str] | None


def fleet_of(settings: EksSettings, place: Place, made: Made) -> Fleet:
    """What layers are told.

    Args:
        settings: The stack's cluster.
        place: Of it.
        made: Its parts.
    """
    return Fleet(
        cluster=place.cluster,
        kubernetes_version=settings.kubernetes_version,
        region=place.region,
        vpc=made.network.vpc,
        subnets=made.network.private,
        security_group=made.control_plane.security_group,
        node_role=made.node_role,
        key_arn=made.key_arn,
        tags=place.tags,
        autoscaler=settings.autoscaler,
        groups=groups_of(settings),
        gpu=settings.gpu,
        load_balancer=settings.load_balancer,
        existing=settings.existing,
        roles=made.controllers.roles,
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
        )
    return groups
