"""What a cluster that makes machines gets beside the platform, and what of the platform waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pulumi

from components.catalog.fleet import KARPENTER, METRICS_SERVER, NODE_FEATURE_DISCOVERY
from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.fleet import Fleet
from components.layers.fleet import (
    cluster_autoscaler,
    dcgm_exporter,
    departures,
    device_plugin,
    feature_discovery,
    karpenter,
    load_balancer_controller,
    machine_pools,
    metrics_server,
)
from components.layers.layer import Profile
from components.settings.eks.sharing import brings_its_plugin


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


def with_machines(cluster: Cluster) -> Cluster:
    """The cluster with machines to run on, where nothing can run before pools are there: EKS Auto Mode.

    Everything else on it comes after them and goes before: nobody would be left to tidy up.
    """
    fleet = cluster.fleet
    if fleet is None or fleet.autoscaler != "auto":
        return cluster
    made = machine_pools.MachinePools(cluster, machine_pools.Args(fleet))
    return replace(cluster, after=(made.outputs.ready,))


def install_software(cluster: Cluster, args: Args) -> Software:
    """Install all of it. A layer is added here, by a line that says who waits for it.

    Args:
        cluster: Where to.
        args: What it needs.
    """
    machines: list[pulumi.Resource] = []
    metrics_server.MetricsServer(
        cluster,
        metrics_server.Args(args.rendered[METRICS_SERVER.name], args.certificates, args.profile),
    )
    machines += _scaler(cluster, args)
    machines += _gpus(cluster, args)
    return Software(balancers=_balancers(cluster, args), machines=tuple(machines))


def _balancers(cluster: Cluster, args: Args) -> tuple[pulumi.Resource, ...]:
    """Who makes load balancers, held back at the end until the last of them is gone."""
    maker: tuple[pulumi.Resource, ...] = ()
    if args.fleet.autoscaler != "auto":
        controller = load_balancer_controller.LoadBalancerController(
            cluster, load_balancer_controller.Args(args.fleet, args.certificates, args.profile)
        )
        maker = (controller.outputs.ready,)
    wanted = departures.Args(departures.balancers_gone(), departures.BALANCERS_SECONDS, maker)
    return (departures.Departures("load-balancers", cluster, wanted).outputs.held,)


def _scaler(cluster: Cluster, args: Args) -> list[pulumi.Resource]:
    fleet = args.fleet
    match fleet.autoscaler:
        case "clusterAutoscaler":
            role = fleet.roles["clusterAutoscaler"]
            scaler = cluster_autoscaler.ClusterAutoscaler(
                cluster, cluster_autoscaler.Args(fleet, role, args.profile)
            )
            return [scaler.outputs.ready]
        case "karpenter":
            maker = karpenter.Karpenter(
                cluster, karpenter.Args(fleet, args.rendered[KARPENTER.name], args.profile)
            ).outputs.ready
            if all(group.managed for group in fleet.groups.values()):
                return [maker]
            pools = machine_pools.MachinePools(cluster, machine_pools.Args(fleet, (maker,)))
            return [pools.outputs.ready]
        case _:
            return []


def _gpus(cluster: Cluster, args: Args) -> list[pulumi.Resource]:
    """NVIDIA's software, as far as the machines' system does not have it built in."""
    fleet = args.fleet
    if not fleet.gpu_groups or fleet.autoscaler == "auto":
        return []
    dcgm_exporter.DcgmExporter(cluster, dcgm_exporter.Args(args.profile))
    if all(brings_its_plugin(group.settings) for group in fleet.gpu_groups.values()):
        return []
    plugin = device_plugin.DevicePlugin(cluster, device_plugin.Args(fleet.gpu, args.profile)).outputs
    rendered = args.rendered[NODE_FEATURE_DISCOVERY.name]
    feature_discovery.FeatureDiscovery(
        cluster, feature_discovery.Args(rendered, fleet.gpu, plugin.config, args.profile)
    )
    # Metrics and labels are for people: no pod waits for them.
    return list(plugin.agents)
