"""The two gateways that carry every request: one for users, one for calls inside the cluster.

They are Gateway API objects; istiod makes a Deployment and a Service of each. KServe routes by Istio's own
`Gateway` kind, so two of those select the same pods: that is what answers on an InferenceService's own host.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from components.cluster.base import Cluster
from components.cluster.checks import Check, ConditionTrue, DeploymentAvailable, EndpointsReady
from components.layers import istio
from components.layers.edits import SMALL_CPU, SMALL_MEMORY, unawaited
from components.layers.exposure import Exposure
from components.layers.layer import Layer, Profile
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION

PUBLIC, LOCAL = "knative-gateway", "knative-local-gateway"
GATEWAY_CLASS = "istio"
HTTP_PORT, HTTPS_PORT = 80, 443

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        control_plane: Istio.
        gateway_crds: Gateway API's CRDs.
        service_type: How requests from outside reach the public gateway.
        node_port: Fixed port on every node; for NodePort only.
        profile: How the gateways' pods are run.
        exposure: What a load balancer is told, where the cluster makes any of its own kind.
        balancers: Who makes load balancers, where that is software on the cluster: it must outlive them.
        secret: Secret with the certificate of the public gateway; None for plain HTTP.
    """

    control_plane: istio.Outputs
    gateway_crds: pulumi.Resource
    service_type: ServiceType
    node_port: int | None
    profile: Profile
    exposure: Exposure | None = None
    balancers: tuple[pulumi.Resource, ...] = ()
    secret: str | None = None


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once both gateways carry traffic.
    """

    ready: pulumi.Resource


class Gateways(Layer):
    """The public and the local gateway."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("Gateways", "gateways", cluster)
        manifests = [
            *gateway(
                PUBLIC,
                args.service_type,
                args.node_port,
                args.exposure,
                secret=args.secret,
                profile=args.profile,
            ),
            *gateway(LOCAL, "ClusterIP", None, None, profile=args.profile),
        ]
        # Before istiod is there: it finds them when it starts, and their pods start with it.
        needed = [args.gateway_crds, *args.control_plane.namespace, *args.balancers]
        installed = self.install(manifests, (unawaited,), after={FOUNDATION: needed})
        checks: list[Check] = [
            check
            for name in (PUBLIC, LOCAL)
            for check in (
                ConditionTrue("gateway.networking.k8s.io/v1", "Gateway", istio.NAMESPACE, name, "Programmed"),
                DeploymentAvailable(istio.NAMESPACE, service_name(name)),
                EndpointsReady(istio.NAMESPACE, service_name(name)),
            )
        ]
        self.outputs = Outputs(
            ready=self.gate("gateways", checks, installed, [args.control_plane.control_plane])
        )
        self.register_outputs({})


def service_name(gateway_name: str) -> str:
    """The Deployment and the Service that istiod makes of a gateway."""
    return f"{gateway_name}-{GATEWAY_CLASS}"


def port_of(exposure: Exposure | None) -> int:
    """The port of a gateway's one listener, which takes plain HTTP.

    Its Service has the ports of its listeners. Behind a load balancer that ends TLS that is 443 and not 80:
    with 80 taken from the Service alone, istiod finds no port for the listener, and the gateway is never
    programmed (istio 1.29.1, pilot/pkg/config/kube/gateway/context.go, ResolveGatewayInstances).
    """
    return HTTP_PORT if exposure is None else exposure.port


def service_host(gateway_name: str) -> str:
    """The name by which pods reach a gateway."""
    return f"{service_name(gateway_name)}.{istio.NAMESPACE}.svc.cluster.local"


def gateway(
    name: str,
    service_type: ServiceType,
    node_port: int | None,
    exposure: Exposure | None = None,
    *,
    secret: str | None = None,
    profile: Profile,
) -> list[Manifest]:
    """A gateway, and what istiod is to lay over the objects that it makes of it."""
    metadata = {"name": name, "namespace": istio.NAMESPACE}
    overlays: dict[str, str] = {}
    if node_port is not None:
        port = {"port": HTTP_PORT, "nodePort": node_port}
        overlays["service"] = json.dumps({"spec": {"type": service_type, "ports": [port]}})
    infrastructure: dict[str, Any] = {}
    if exposure is not None:
        # istiod copies these to the Service as well.
        infrastructure["annotations"] = dict(exposure.shown)
        overlays["service"] = json.dumps(exposure.service(), sort_keys=True)
    container: dict[str, Any] = {}
    if profile.small:
        container["resources"] = {"requests": {"cpu": SMALL_CPU, "memory": SMALL_MEMORY}}
    if profile.built:
        # A proxy asks the metadata services of three clouds where it is. Where images are built because there
        # is no network there is no cloud either, and asking takes it two seconds.
        container["env"] = [{"name": "CLOUD_PLATFORM", "value": "none"}]
    if container:
        container["name"] = "istio-proxy"
        overlays["deployment"] = json.dumps({"spec": {"template": {"spec": {"containers": [container]}}}})
    options = f"{name}-options"
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**metadata, "name": options},
            "data": overlays,
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {**metadata, "annotations": {"networking.istio.io/service-type": service_type}},
            "spec": {
                "gatewayClassName": GATEWAY_CLASS,
                "infrastructure": {
                    "parametersRef": {"group": "", "kind": "ConfigMap", "name": options},
                    **infrastructure,
                },
                "listeners": [
                    {
                        "name": "http",
                        "port": port_of(exposure),
                        "protocol": "HTTP",
                        "allowedRoutes": {"namespaces": {"from": "All"}},
                    },
                    *([_encrypted(secret)] if secret else []),
                ],
            },
        },
    ]


def _encrypted(secret: str) -> Manifest:
    return {
        "name": "https",
        "port": HTTPS_PORT,
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": secret}]},
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
