"""cert-manager: issues the certificate that KServe's webhooks serve with."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.checks import CaBundleFilled, Check, DryRunAccepted, EndpointsReady
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import WORKLOADS

NAMESPACE = "cert-manager"
WEBHOOK = "cert-manager-webhook"


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: cert-manager's manifests.
        profile: How its pods are run.
    """

    rendered: Rendered
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once certificates can be asked for.
    """

    ready: pulumi.Resource


class CertManager(Layer):
    """cert-manager's CRDs, controllers and webhook."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("CertManager", "cert-manager", cluster)
        crds = self.install_crds(args.rendered)
        installed = self.install(
            [namespace(NAMESPACE), *args.rendered.objects],
            profile_edits(args.profile),
            after={WORKLOADS: [crds]},
        )
        checks: list[Check] = [
            EndpointsReady(NAMESPACE, WEBHOOK),
            CaBundleFilled("MutatingWebhookConfiguration", WEBHOOK),
            CaBundleFilled("ValidatingWebhookConfiguration", WEBHOOK),
            DryRunAccepted(_PROBE),
        ]
        self.outputs = Outputs(ready=self.gate("cert-manager", checks, installed))
        self.register_outputs({})


def namespace(name: str) -> Manifest:
    """A namespace, where upstream leaves it to the installer."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


_PROBE: Manifest = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "Issuer",
    "metadata": {"name": "admission-probe", "namespace": NAMESPACE},
    "spec": {"selfSigned": {}},
}
