"""Fleets for tests, as the cluster hands them to layers."""

from __future__ import annotations

from components.cluster.fleet import Fleet, MachineGroup
from components.settings.eks.cluster import Autoscaler
from components.settings.eks.network import LoadBalancer
from components.settings.eks.nodes import GpuSettings


def fleet_of(autoscaler: Autoscaler = "karpenter", **groups: MachineGroup) -> Fleet:
    """A fleet of groups by name, all else of it made up."""
    return Fleet(
        cluster="c",
        kubernetes_version="1.35",
        region="us-west-2",
        vpc="vpc-1",
        subnets={"us-west-2a": "subnet-a", "us-west-2b": "subnet-b"},
        security_group="sg-1",
        node_role="machines",
        key_arn="key",
        tags={"owner": "o"},
        autoscaler=autoscaler,
        groups=groups,
        gpu=GpuSettings(),
        load_balancer=LoadBalancer(),
        roles={},
        interruption_queue="queue",
        instance_profile="profile",
    )
