"""What carries Knative's traffic: a controller that writes routes for gateways, or Kourier's own gateway."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.checks import Check, DeploymentAvailable
from components.layers import gateway_tls, gateways, istio, knative
from components.layers.edits import Edit, for_object, with_data, without
from components.layers.exposure import Exposure
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION, WORKLOADS
from components.settings.platform import IngressClass

PUBLIC, LOCAL = "knative-ingress-gateway", "knative-local-gateway"
_KOURIER_HTTP = 8080
"""Port on which Kourier's pods take plain HTTP."""
KOURIER_NAMESPACE, KOURIER_SERVICE = "kourier-system", "kourier"
_GATEWAY_OF: Mapping[str, str] = {PUBLIC: gateways.PUBLIC, LOCAL: gateways.LOCAL}


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: Manifests of the ingress class.
        ingress_class: Which one.
        serving: Knative Serving.
        routing_crds: CRDs of the routes that it writes; none for Kourier.
        service_type: How requests from outside reach Kourier's gateway; the others use ours.
        node_port: Fixed port on every node; for NodePort only.
        profile: How its pods are run.
        exposure: What a load balancer is told, where the cluster makes any of its own kind.
        balancers: Who makes load balancers, where that is software on the cluster: it must outlive them.
        encrypted: Hosts that the public gateway answers by TLS as well, with `gateway_tls`'s certificate.
    """

    rendered: Rendered
    ingress_class: IngressClass
    serving: knative.Outputs
    routing_crds: tuple[pulumi.Resource, ...]
    service_type: gateways.ServiceType
    node_port: int | None
    profile: Profile
    exposure: Exposure | None = None
    balancers: tuple[pulumi.Resource, ...] = ()
    encrypted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once routes are written.
    """

    ready: pulumi.Resource


class KnativeIngress(Layer):
    """The controller of one ingress class, and Istio's view of the gateways for KServe."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("KnativeIngress", "knative-ingress", cluster)
        needed = [*args.serving.namespace, args.serving.crds, *args.routing_crds, *args.balancers]
        installed = self.install(
            [*args.rendered.objects, *extra_objects(args.ingress_class, args.exposure, args.encrypted)],
            (
                *ingress_edits(args.ingress_class, args.service_type, args.node_port, args.exposure),
                *profile_edits(args.profile),
            ),
            after={FOUNDATION: needed, WORKLOADS: [*needed, *args.serving.foundation]},
        )
        checks: list[Check] = [
            DeploymentAvailable(m["metadata"]["namespace"], m["metadata"]["name"])
            for m in installed.manifests
            if m["kind"] == "Deployment"
        ]
        self.outputs = Outputs(ready=self.gate("knative-ingress", checks, installed))
        self.register_outputs({})


def ingress_edits(
    ingress_class: IngressClass,
    service_type: gateways.ServiceType,
    node_port: int | None,
    exposure: Exposure | None = None,
) -> tuple[Edit, ...]:
    """Point an ingress class's configuration at the two gateways, or open Kourier's own to the outside."""
    match ingress_class:
        case "gateway-api":
            return (with_data("config-gateway", _config_gateway()),)
        case "istio":
            return (
                with_data("config-istio", _config_istio()),
                *(for_object("Gateway", name, _select(name, exposure)) for name in (PUBLIC, LOCAL)),
                # Upstream's own Service in front of its own local gateway: ours has one.
                without(("Service", LOCAL)),
            )
        case "kourier":
            return (for_object("Service", KOURIER_SERVICE, _exposed(service_type, node_port, exposure)),)


def extra_objects(
    ingress_class: IngressClass, exposure: Exposure | None = None, encrypted: Sequence[str] = ()
) -> list[Manifest]:
    """The gateways as KServe's VirtualServices name them; Istio's ingress class brings its own.

    Args:
        ingress_class: Which one.
        exposure: What a load balancer is told, where the cluster makes any of its own kind.
        encrypted: Hosts that the public one answers by TLS as well. Not all: those are the Gateway's own, and
            of two servers for the same hosts on one port istiod drops the second.
    """
    if ingress_class != "gateway-api":
        return []
    return [
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": name, "namespace": knative.NAMESPACE},
            "spec": {
                "selector": _selector(_GATEWAY_OF[name]),
                "servers": [
                    {
                        "hosts": ["*"],
                        "port": {"name": "http", "number": _port(name, exposure), "protocol": "HTTP"},
                    },
                    *([_tls_server(encrypted)] if encrypted and name == PUBLIC else []),
                ],
            },
        }
        for name in (PUBLIC, LOCAL)
    ]


def _tls_server(hosts: Sequence[str]) -> Manifest:
    return {
        "hosts": list(hosts),
        "port": {"name": "https", "number": gateways.HTTPS_PORT, "protocol": "HTTPS"},
        "tls": {"mode": "SIMPLE", "credentialName": gateway_tls.SECRET},
    }


def _selector(gateway: str) -> dict[str, str]:
    return {"gateway.networking.k8s.io/gateway-name": gateway}


def _port(name: str, exposure: Exposure | None) -> int:
    return gateways.port_of(exposure if name == PUBLIC else None)


def _select(name: str, exposure: Exposure | None) -> Edit:
    def edit(manifest: Manifest) -> Manifest:
        servers = [
            {**server, "port": {**server["port"], "number": _port(name, exposure)}}
            for server in manifest["spec"]["servers"]
        ]
        spec = {**manifest["spec"], "selector": _selector(_GATEWAY_OF[name]), "servers": servers}
        return {**manifest, "spec": spec}

    return edit


def _exposed(service_type: gateways.ServiceType, node_port: int | None, exposure: Exposure | None) -> Edit:
    def edit(manifest: Manifest) -> Manifest:
        ports = [
            {**port, "nodePort": node_port} if node_port and port["port"] == gateways.HTTP_PORT else port
            for port in manifest["spec"]["ports"]
        ]
        spec = {**manifest["spec"], "type": service_type, "ports": ports}
        if exposure is None:
            return {**manifest, "spec": spec}
        laid = exposure.service()
        spec |= laid["spec"]
        if exposure.tls_port is not None:
            # Kourier's own port for HTTPS has no certificate, its other one no encryption at all.
            spec["ports"] = [{"name": "https", "port": exposure.tls_port, "targetPort": _KOURIER_HTTP}]
        metadata = manifest["metadata"]
        annotations = {
            **metadata.get("annotations", {}),
            **exposure.shown,
            **laid["metadata"]["annotations"],
        }
        return {**manifest, "metadata": {**metadata, "annotations": annotations}, "spec": spec}

    return edit


def _config_gateway() -> dict[str, str]:
    """YAML inside a ConfigMap; JSON is YAML."""

    def entry(gateway: str) -> str:
        service = f"{istio.NAMESPACE}/{gateways.service_name(gateway)}"
        told = {
            "class": gateways.GATEWAY_CLASS,
            "gateway": f"{istio.NAMESPACE}/{gateway}",
            "service": service,
            "supported-features": ["HTTPRouteRequestTimeout"],
        }
        return json.dumps([told])

    return {"external-gateways": entry(gateways.PUBLIC), "local-gateways": entry(gateways.LOCAL)}


def _config_istio() -> dict[str, str]:
    def entry(name: str) -> str:
        service = gateways.service_host(_GATEWAY_OF[name])
        return json.dumps([{"name": name, "namespace": knative.NAMESPACE, "service": service}])

    return {"external-gateways": entry(PUBLIC), "local-gateways": entry(LOCAL)}
