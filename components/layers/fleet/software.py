"""What a cluster that makes machines gets beside the platform, and what of the platform waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.catalog.fleet import METRICS_SERVER
from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.fleet import Fleet
from components.layers.fleet import metrics_server
from components.layers.layer import Profile


@dataclass(frozen=True)
class Args:
    """What the software needs.

    Attributes:
        fleet: The cluster's machines.
        rendered: Manifests by component, the fleet's among them.
        certificates: Open once certificates can be asked for: webhooks serve with them.
        profile: How pods are run.
    """

    fleet: Fleet
    rendered: Mapping[str, Rendered]
    certificates: pulumi.Resource
    profile: Profile


@dataclass(frozen=True)
class Software:
    """What later layers wait for. At the end these go after what waited for them.

    Attributes:
        balancers: What a Service of type LoadBalancer needs: who makes its load balancer is who deletes it.
        machines: What a service needs of machines that are made for it: their maker, and their GPUs' plugin.
    """

    balancers: tuple[pulumi.Resource, ...] = ()
    machines: tuple[pulumi.Resource, ...] = ()


def install_software(cluster: Cluster, args: Args) -> Software:
    """Install all of it. A layer is added here, by a line that says who waits for it.

    Args:
        cluster: Where to.
        args: What it needs.
    """
    balancers: list[pulumi.Resource] = []
    machines: list[pulumi.Resource] = []
    metrics_server.MetricsServer(
        cluster,
        metrics_server.Args(args.rendered[METRICS_SERVER.name], args.certificates, args.profile),
    )
    return Software(balancers=tuple(balancers), machines=tuple(machines))
