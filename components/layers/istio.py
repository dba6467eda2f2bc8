"""Istio: the control plane that turns Gateway API objects into running gateways. No service mesh."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import yaml

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.layers.cert_manager import namespace
from components.layers.edits import Edit, for_object, without
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import WORKLOADS

NAMESPACE = "istio-system"
_TEMPLATES = "istio-sidecar-injector"
_GATEWAY_TEMPLATE = "kube-gateway"


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: Istio's manifests.
        profile: How its pods are run.
    """

    rendered: Rendered
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        crds: There once Istio's own kinds can be created.
        namespace: The namespace that gateways live in.
        control_plane: istiod is available.
    """

    crds: pulumi.Resource
    namespace: list[pulumi.Resource]
    control_plane: pulumi.Resource


class Istio(Layer):
    """Istio's CRDs and istiod."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("Istio", "istio", cluster)
        crds = self.install_crds(args.rendered)
        installed = self.install(
            [namespace(NAMESPACE), *args.rendered.objects],
            (*NO_SIDECARS, *profile_edits(args.profile)),
            # It would start without them and watch for them. But where it finds none it takes its own webhook
            # for ready, which then refuses what it cannot judge yet (istio 1.29.1,
            # pkg/webhooks/validation/controller/controller.go); and an upgrade wants new kinds first. Gateway
            # API's it may find later.
            after={WORKLOADS: [crds]},
        )
        self.outputs = Outputs(
            crds=crds,
            namespace=installed.of("Namespace"),
            control_plane=installed.of("Deployment")[0],
        )
        self.register_outputs({})


def gateway_template_only(manifest: Manifest) -> Manifest:
    """Keep of istiod's templates the one that gateways are made of: the rest is 90 KB of every state."""
    config = yaml.safe_load(manifest["data"]["config"])
    config["templates"] = {_GATEWAY_TEMPLATE: config["templates"][_GATEWAY_TEMPLATE]}
    config["defaultTemplates"] = []
    return {**manifest, "data": {**manifest["data"], "config": yaml.safe_dump(config, sort_keys=True)}}


# Knative and KServe put their own sidecars into pods; a webhook on every pod is one more thing to break.
NO_SIDECARS: tuple[Edit, ...] = (
    without(
        ("MutatingWebhookConfiguration", "istio-sidecar-injector"),
        # A record of Helm values, for istioctl.
        ("ConfigMap", "values"),
    ),
    for_object("ConfigMap", _TEMPLATES, gateway_template_only),
)
