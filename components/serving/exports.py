"""What a stack tells its user: where services answer, and what was installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import core

from components.cluster.base import Cluster
from components.layers.exposure import port_of, scheme_of
from components.layers.model_storage import NAMESPACE
from components.layers.platform import Platform
from components.serving.inference_service import InferenceService, host
from components.settings.model import Settings


def exports(
    cluster: Cluster,
    settings: Settings,
    platform: Platform,
    services: Mapping[str, InferenceService],
) -> dict[str, pulumi.Input[Any]]:
    """The outputs of a stack, by name.

    `ingressHost`, `ingressPort` and `serviceHostname` are what KServe's own documents call them.
    """
    address, scheme = _ingress(cluster, settings, platform), scheme_of(settings.cluster)
    hosts = {name: host(name, NAMESPACE, settings.platform.domain) for name in services}
    told: dict[str, pulumi.Input[Any]] = {
        "ingressHost": address["host"],
        "ingressPort": address["port"],
        "url": pulumi.Output.concat(f"{scheme}://", address["host"], ":", address["port"].apply(str)),
        "serviceHostnames": hosts,
        "kubeconfig": cluster.kubeconfig,
        "versions": platform.versions,
    }
    if hosts:
        told["serviceHostname"] = next(iter(hosts.values()))
    return told


def _ingress(cluster: Cluster, settings: Settings, platform: Platform) -> dict[str, pulumi.Output[Any]]:
    known = cluster.capabilities.ingress
    if known.host is not None and known.port is not None:
        return {"host": pulumi.Output.from_input(known.host), "port": pulumi.Output.from_input(known.port)}
    namespace, name = platform.ingress_service
    # Made by a controller of the cluster: it is there once the platform is ready, and has an address by then.
    # Ids and not urns: those are known in a first preview, when there is nothing to look at yet.
    ready = pulumi.Output.all(*(r.id for r in platform.ready if isinstance(r, pulumi.CustomResource)))
    service = core.v1.Service.get(
        "ingress",
        ready.apply(lambda _: f"{namespace}/{name}"),
        pulumi.ResourceOptions(provider=cluster.kubernetes, depends_on=platform.ready),
    )
    return {
        "host": service.status.apply(address_of),
        "port": pulumi.Output.from_input(port_of(scheme_of(settings.cluster))),
    }


def address_of(status: Any) -> str:
    """The address of a Service's load balancer: a name or an IP address; empty while there is none."""
    balancer = getattr(status, "load_balancer", None)
    for entry in getattr(balancer, "ingress", None) or ():
        if found := entry.hostname or entry.ip:
            return str(found)
    return ""
