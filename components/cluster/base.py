"""The handle that every kind of cluster gives: layers ask it, never what made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_kubernetes as kubernetes

from components.cluster.fleet import Fleet
from components.cluster.resources import PlatformProvider


@dataclass(frozen=True, kw_only=True)
class IngressEndpoint:
    """Where a user's request enters the cluster.

    Attributes:
        host: Address on the user's machine, or the load balancer's; None where only the cluster knows it.
        port: TCP port at that host; None where only the cluster knows it.
        node_port: Fixed NodePort that the ingress Service must take; None where a load balancer makes one.
    """

    host: str | None
    port: int | None
    node_port: int | None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a cluster can do, asked by layers instead of its kind.

    Attributes:
        load_balancer: A Service of type LoadBalancer gets an address.
        storage_class: Name of the class that serves PersistentVolumeClaims; None for the default one.
        gpu_resource: Extended resource that its GPUs are asked by, e.g. `nvidia.com/gpu`; None without GPUs.
        images: Whether images come from their registries or were built here under the same names.
        small: Requests must be lowered to fit (a machine rather than a fleet).
        ours: Made by this stack: nobody else keeps objects on it.
        ingress: Where requests enter.
    """

    load_balancer: bool
    storage_class: str | None
    gpu_resource: str | None
    images: Literal["pull", "build"]
    small: bool
    ours: bool
    ingress: IngressEndpoint


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster to install on.

    Attributes:
        name: Its name, for people.
        kubernetes: Provider for every ordinary object.
        platform: Provider for CRD sets and gates.
        kubeconfig: Secret content of a kubeconfig that reaches it from the user's machine.
        capabilities: What it can do.
        made_by: The resource that is the cluster itself, where this stack makes it: deleting that one deletes
            everything on it, so nothing on it needs deleting (`deleted_with`).
        after: What every object on it needs besides: in EKS Auto Mode the pools that machines are made from.
        fleet: Its machines and their maker, where this stack makes them in AWS; None for all others.
    """

    name: str
    kubernetes: kubernetes.Provider
    platform: PlatformProvider
    kubeconfig: pulumi.Output[str]
    capabilities: Capabilities
    made_by: pulumi.Resource | None = None
    fleet: Fleet | None = None
    after: tuple[pulumi.Resource, ...] = ()

    def options(
        self, parent: pulumi.Resource | None = None, depends_on: list[pulumi.Resource] | None = None
    ) -> pulumi.ResourceOptions:
        """Options that carry both providers, for a component: its children inherit them."""
        return pulumi.ResourceOptions(
            parent=parent, depends_on=depends_on, providers=[self.kubernetes, self.platform]
        )


def connect(
    name: str,
    kubeconfig: pulumi.Input[str],
    capabilities: Capabilities,
    *,
    context: str | None = None,
    parent: pulumi.Resource | None = None,
    made_by: pulumi.Resource | None = None,
    fleet: Fleet | None = None,
    depends_on: Sequence[pulumi.Resource] = (),
) -> Cluster:
    """Make the providers of a cluster whose kubeconfig is known, or will be.

    Args:
        name: The cluster's name.
        kubeconfig: Content of a kubeconfig.
        capabilities: What the cluster can do.
        context: Context of the kubeconfig; None for its current one.
        parent: Component that made the cluster.
        made_by: The resource that is the cluster itself, where this stack makes it.
        fleet: Its machines, where this stack makes them in AWS.
        depends_on: What everything on the cluster needs, and what goes only after all of it is gone.
    """
    secret = pulumi.Output.secret(kubeconfig)
    options = pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on))
    return Cluster(
        name=name,
        kubernetes=kubernetes.Provider(
            "kubernetes",
            kubeconfig=secret,
            context=context,
            enable_server_side_apply=True,
            # A changed ConfigMap or Secret is otherwise deleted and made anew, under the pods that mount it.
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            # After a kill -9 an object can be there that the state never heard of. On a cluster of ours it
            # can only be ours; on another's it may be somebody else's, and stays refused.
            upsert_existing_objects=capabilities.ours,
            opts=options,
        ),
        platform=PlatformProvider("platform", kubeconfig=secret, context=context, opts=options),
        kubeconfig=secret,
        capabilities=capabilities,
        made_by=made_by,
        fleet=fleet,
    )
