"""The public gateway's certificate: signed by an issuer that is there, or by an authority of the stack's own.

Facts: a Gateway's listener and an Istio Gateway both take a Secret of the namespace that the gateway's pods
are in; a wildcard stands for one label, and services answer as <service>.<namespace>.<domain>.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.cluster.base import Cluster
from components.cluster.checks import certificate_ready
from components.layers import istio
from components.layers.layer import Layer
from components.layers.model_storage import NAMESPACE as MODELS
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION

NAME = "gateway-tls"
SECRET = "gateway-tls"  # noqa: S105  # its name
AUTHORITY = "gateway-authority"
_API = "cert-manager.io/v1"


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        domain: Domain of the services' hosts.
        issuer: ClusterIssuer that signs; None for an authority of the stack's own.
        cert_manager: Open once certificates can be asked for.
        namespace: The namespace that gateways live in.
    """

    domain: str
    issuer: str | None
    cert_manager: pulumi.Resource
    namespace: Sequence[pulumi.Resource]


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        issued: Open once the certificate is there.
    """

    issued: pulumi.Resource


class GatewayTls(Layer):
    """The certificate, and where nobody else signs it, the authority that does."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("GatewayTls", "gateway-tls", cluster)
        needed = [args.cert_manager, *args.namespace]
        installed = self.install(certificates(args.domain, args.issuer), after={FOUNDATION: needed})
        checks = [certificate_ready(istio.NAMESPACE, NAME)]
        self.outputs = Outputs(issued=self.gate("gateway-certificate", checks, installed))
        self.register_outputs({})


def hosts(domain: str) -> tuple[str, ...]:
    """The hosts that the certificate is for."""
    return (f"*.{MODELS}.{domain}",)


def certificates(domain: str, issuer: str | None) -> list[Manifest]:
    """The objects of cert-manager."""
    signer = {"kind": "ClusterIssuer", "name": issuer} if issuer else {"kind": "Issuer", "name": AUTHORITY}
    own = [] if issuer else _authority()
    spec = {"secretName": SECRET, "dnsNames": list(hosts(domain)), "issuerRef": signer}
    return [*own, _object("Certificate", NAME, spec)]


def _authority() -> list[Manifest]:
    root = f"{AUTHORITY}-root"
    return [
        _object("Issuer", root, {"selfSigned": {}}),
        _object(
            "Certificate",
            AUTHORITY,
            {
                "isCA": True,
                "commonName": "kserve-platform",
                "secretName": AUTHORITY,
                "duration": "87600h",  # ten years: clients are given it by hand
                "issuerRef": {"kind": "Issuer", "name": root},
            },
        ),
        _object("Issuer", AUTHORITY, {"ca": {"secretName": AUTHORITY}}),
    ]


def _object(kind: str, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": _API,
        "kind": kind,
        "metadata": {"name": name, "namespace": istio.NAMESPACE},
        "spec": spec,
    }
