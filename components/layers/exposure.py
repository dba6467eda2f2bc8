"""How a cluster's load balancer is asked for: what stands on the Service in front of the gateway.

Annotations: documentation of aws-load-balancer-controller, guide/service/annotations and guide/service/nlb.
EKS Auto Mode takes the same ones by a class of its own (EKS user guide, "Use Service Annotations to configure
Network Load Balancers").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.cluster.fleet import Fleet
from components.settings.cluster import ClusterSettings
from components.settings.eks.cluster import EksSettings

_PREFIX = "service.beta.kubernetes.io/aws-load-balancer"
SCHEME = f"{_PREFIX}-scheme"
CERTIFICATE = f"{_PREFIX}-ssl-cert"
CONTROLLER_CLASS = "service.k8s.aws/nlb"
AUTO_MODE_CLASS = "eks.amazonaws.com/nlb"
HTTP_PORT, HTTPS_PORT = 80, 443

Scheme = Literal["http", "https"]

# Istio's gateways answer here whether they have routes or not; a TCP check would find them well while they
# drain.
_HEALTH_PORT, _HEALTH_PATH = "15021", "/healthz/ready"


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What the Service in front of the gateway carries.

    Attributes:
        shown: Annotations that say who reaches the models: on the Gateway itself, where people and policies
            look. At most eight (Gateway API, spec.infrastructure.annotations).
        annotations: The others.
        load_balancer_class: Who makes the load balancer. Kubernetes lets nobody change it later.
        allow: Blocks of addresses that reach it; empty for all that its exposure lets come.
        tls_port: Port on which the load balancer ends TLS; None without a certificate.
    """

    shown: Mapping[str, str]
    annotations: Mapping[str, str]
    load_balancer_class: str
    allow: tuple[str, ...]
    tls_port: int | None

    @property
    def port(self) -> int:
        """The one port that requests come in by: the load balancer listens on every port of its Service.

        So beside 443 there is no 80, on which questions and keys would be read on the way.
        """
        return HTTP_PORT if self.tls_port is None else self.tls_port

    def service(self) -> dict[str, Any]:
        """What is laid over a Service, but for its type and its ports."""
        spec: dict[str, Any] = {"loadBalancerClass": self.load_balancer_class}
        if self.allow:
            spec["loadBalancerSourceRanges"] = list(self.allow)
        return {"metadata": {"annotations": dict(self.annotations)}, "spec": spec}


def scheme_of(cluster: ClusterSettings) -> Scheme:
    """How users ask: a load balancer with a certificate ends TLS, and what is behind it does not know."""
    ended = isinstance(cluster, EksSettings) and cluster.load_balancer.certificate
    return "https" if ended else "http"


def port_of(scheme: Scheme) -> int:
    """The port that a load balancer answers on."""
    return HTTPS_PORT if scheme == "https" else HTTP_PORT


def exposure_of(fleet: Fleet, *, istio: bool) -> Exposure:
    """How a fleet's load balancer is asked for.

    Args:
        fleet: Its settings, and who makes load balancers.
        istio: The gateway is Istio's.
    """
    asked = fleet.load_balancer
    public = asked.exposure == "public"
    shown = {SCHEME: "internet-facing" if public else "internal"}
    annotations = {
        # Straight to pods: a machine that leaves takes no connection of another's pods with it.
        f"{_PREFIX}-nlb-target-type": "ip",
        f"{_PREFIX}-attributes": "load_balancing.cross_zone.enabled=true",
    }
    if istio:
        annotations |= {
            f"{_PREFIX}-healthcheck-protocol": "http",
            f"{_PREFIX}-healthcheck-port": _HEALTH_PORT,
            f"{_PREFIX}-healthcheck-path": _HEALTH_PATH,
        }
    if asked.certificate:
        # Where no port is named (ssl-ports) every one is TLS's, also that on which Istio's gateways say how
        # they are: aws-load-balancer-controller, pkg/service/model_build_listener.go.
        shown[CERTIFICATE] = asked.certificate
        # gRPC wants HTTP/2, which is agreed on in the TLS handshake that ends here.
        annotations[f"{_PREFIX}-alpn-policy"] = "HTTP2Preferred"
    if fleet.existing.vpc is not None:
        subnets = fleet.existing.public_subnets if public else fleet.existing.private_subnets
        # Subnets that others made may lack the tags by which the controller finds them.
        annotations[f"{_PREFIX}-subnets"] = ",".join(subnets[zone] for zone in sorted(subnets))
    return Exposure(
        shown=shown,
        annotations=annotations,
        load_balancer_class=AUTO_MODE_CLASS if fleet.autoscaler == "auto" else CONTROLLER_CLASS,
        allow=asked.allow,
        tls_port=HTTPS_PORT if asked.certificate else None,
    )
