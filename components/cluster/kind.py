"""A kind cluster on this machine: settings to inputs, and the handle to what comes of them."""

from __future__ import annotations

from typing import Any

import pulumi

from components.cluster.base import Capabilities, Cluster, IngressEndpoint, connect
from components.cluster.checks import NodesReady
from components.cluster.images import PreparedImages
from components.cluster.resources import PACKAGE, Gate
from components.settings.cluster import KindSettings
from components.settings.keys import PROJECT

INGRESS_NODE_PORT = 30080
"""NodePort that the ingress Service takes: kind maps ports of nodes, before there is any Service."""

_OFFICIAL_NODE = "docker.io/kindest/node"


class KindCluster(pulumi.CustomResource):
    """The cluster itself: nodes, made and deleted by our plugin.

    Attributes:
        kubeconfig: Content of a kubeconfig that reaches it from this machine; a secret.
        endpoint: URL of its API server, on 127.0.0.1; it answers once this is known.
    """

    kubeconfig: pulumi.Output[str]
    endpoint: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        # A private key is in it: the plugin says so as well, but only once there is one.
        secret = pulumi.ResourceOptions(additional_secret_outputs=["kubeconfig"])
        properties = {**inputs, "kubeconfig": None, "endpoint": None}
        options = pulumi.ResourceOptions.merge(opts, secret)
        super().__init__(f"{PACKAGE}:index:KindCluster", name, properties, options)


def cluster_name(stack: str) -> str:
    """Name of a stack's cluster: several stacks run side by side."""
    return f"{PROJECT}-{stack}"


def kind_inputs(
    settings: KindSettings, stack: str, images: PreparedImages, *, low_requests: bool
) -> dict[str, Any]:
    """Inputs of the resource. Pure.

    Args:
        settings: The stack's cluster.
        stack: Its name.
        images: What was prepared for it.
        low_requests: Let the control plane ask for next to no CPU.
    """
    mounts = [
        {"hostPath": mount.host_path, "containerPath": mount.container_path, "readOnly": mount.read_only}
        for mount in settings.mounts
    ]
    mappings = [
        {"hostPort": settings.ports.ingress, "containerPort": INGRESS_NODE_PORT},
        *(
            {"hostPort": mapping.host_port, "containerPort": mapping.container_port}
            for mapping in settings.port_mappings
        ),
    ]
    # A port of this machine can lead to one node only; every node answers on a NodePort.
    door = next(index for index, node in enumerate(settings.nodes) if node.role == "control-plane")
    nodes = [
        {
            "role": node.role,
            "labels": dict(node.labels),
            "extraMounts": mounts,
            "extraPortMappings": mappings if index == door else [],
        }
        for index, node in enumerate(settings.nodes)
    ]
    return {
        "name": cluster_name(stack),
        "kubernetesVersion": settings.kubernetes_version,
        "nodeImage": images.node_image or f"{_OFFICIAL_NODE}:v{settings.kubernetes_version}",
        "imageStore": images.store,
        "loadedImages": dict(images.loaded) or None,
        "nodes": nodes,
        "apiServerPort": settings.ports.api_server,
        # kind's own network cannot be built here; a node image of ours brings a bridge.
        "network": "bridge" if images.node_image else "kindnet",
        "lowRequests": low_requests,
        "registryMirrors": {host: list(urls) for host, urls in settings.registry_mirrors.items()},
    }


def create_kind(settings: KindSettings, stack: str, images: PreparedImages, *, low_requests: bool) -> Cluster:
    """Make the cluster and hand it over."""
    inputs = kind_inputs(settings, stack, images, low_requests=low_requests)
    made = KindCluster("cluster", inputs)
    capabilities = Capabilities(
        load_balancer=False,
        storage_class=None,
        gpu_resource=None,
        images=images.source,
        small=low_requests,
        ours=True,
        ingress=IngressEndpoint(host="127.0.0.1", port=settings.ports.ingress, node_port=INGRESS_NODE_PORT),
    )
    cluster = connect(cluster_name(stack), made.kubeconfig, capabilities, parent=made, made_by=made)
    # The cluster is there once its API server answers. Nothing depends on this gate: what needs a node waits
    # for one in the scheduler's queue, and what needs none is installed meanwhile. It says what is wrong with
    # a node long before the pods that lack it give up.
    Gate(
        "nodes",
        checks=[NodesReady(len(settings.nodes))],
        opts=pulumi.ResourceOptions(parent=made, provider=cluster.platform, deleted_with=made),
    )
    return cluster
