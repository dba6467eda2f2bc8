"""Knative Serving: runs predictors by revision, scales them by requests, down to none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.checks import CaBundleFilled, Check, DryRunAccepted, EndpointsReady
from components.layers.edits import SMALL_CPU, with_data
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION, WORKLOADS
from components.settings.platform import IngressClass

NAMESPACE = "knative-serving"

_INGRESS_CLASS_NAME: Mapping[IngressClass, str] = {
    "gateway-api": "gateway-api.ingress.networking.knative.dev",
    "istio": "istio.ingress.networking.knative.dev",
    "kourier": "kourier.ingress.networking.knative.dev",
}
# Knative's own lease lasts a minute: after a node's restart nothing of it moved until the lease that its dead
# self held had run out, and services answered 100 s after the kill. These are Kubernetes' own figures.
_LEASES = {"lease-duration": "15s", "renew-deadline": "10s", "retry-period": "2s"}
# Knative asks a tag's registry for its digest, which is not that of an image built here.
_NEVER_ASKED = (
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "index.docker.io",
    "nvcr.io",
    "quay.io",
    "registry.k8s.io",
)

# Of what a pod may say, Knative takes these only when it is told to (pkg/apis/config/features.go of 1.21).
# Where nobody has GPUs nobody needs them, and what cannot be said cannot be said by mistake.
_FEATURES = ("nodeselector", "tolerations", "affinity", "runtimeclassname", "persistent-volume-claim")


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: Knative Serving's manifests.
        hpa: Those of its extension that scales by CPU and memory; None where nothing measures those.
        domain: Domain of the services' hosts.
        ingress_class: What carries traffic.
        gpu: Predictors may ask for nodes by label, taint and runtime class, and for volumes.
        deadline: Seconds until a revision is given up whose pods are not ready; None for Knative's own.
        profile: How its pods are run.
        scheme: How users ask: what its status says of URLs.
    """

    rendered: Rendered
    hpa: Rendered | None
    domain: str
    ingress_class: IngressClass
    gpu: bool
    deadline: int | None
    profile: Profile
    scheme: str = "http"


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        crds: There once Knative's kinds can be created.
        namespace: Where an ingress's objects live.
        foundation: What the pods of an ingress need: namespace, service accounts, configuration.
        ready: Open once services can be created.
    """

    crds: pulumi.Resource
    namespace: list[pulumi.Resource]
    foundation: list[pulumi.Resource]
    ready: pulumi.Resource


class Knative(Layer):
    """Knative Serving's CRDs, controllers and webhook."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("Knative", "knative", cluster)
        crds = self.install_crds(args.rendered)
        configuration = configuration_of(
            args.domain,
            args.ingress_class,
            gpu=args.gpu,
            deadline=args.deadline,
            profile=args.profile,
            scheme=args.scheme,
        )
        installed = self.install(
            [*args.rendered.objects, *(args.hpa.objects if args.hpa else ())],
            (
                *(with_data(name, values) for name, values in configuration.items()),
                *profile_edits(args.profile),
            ),
            after={FOUNDATION: [crds], WORKLOADS: [crds]},
        )
        checks: list[Check] = [
            EndpointsReady(NAMESPACE, "webhook"),
            EndpointsReady(NAMESPACE, "activator-service"),
            CaBundleFilled("MutatingWebhookConfiguration", "webhook.serving.knative.dev"),
            CaBundleFilled("ValidatingWebhookConfiguration", "validation.webhook.serving.knative.dev"),
            DryRunAccepted(_PROBE),
        ]
        self.outputs = Outputs(
            crds=crds,
            namespace=installed.of("Namespace"),
            foundation=installed.before(WORKLOADS),
            ready=self.gate("knative", checks, installed),
        )
        self.register_outputs({})


def configuration_of(
    domain: str,
    ingress_class: IngressClass,
    *,
    gpu: bool,
    deadline: int | None = None,
    profile: Profile,
    scheme: str = "http",
) -> dict[str, dict[str, str]]:
    """What Knative's ConfigMaps say beyond upstream's defaults, by ConfigMap.

    Without a domain of ours services answer below svc.cluster.local only, which no gateway exposes.
    """
    deployment: dict[str, str] = {}
    if profile.built:
        deployment["registries-skipping-tag-resolving"] = ",".join(_NEVER_ASKED)
    if deadline is not None:
        deployment["progress-deadline"] = f"{deadline}s"
    if profile.small:
        deployment["queue-sidecar-cpu-request"] = SMALL_CPU
    features = _FEATURES if gpu else ()
    return {
        "config-deployment": deployment,
        "config-domain": {domain: ""},
        "config-leader-election": _LEASES if profile.small else {},
        "config-features": {f"kubernetes.podspec-{feature}": "enabled" for feature in features},
        "config-network": {
            "ingress-class": _INGRESS_CLASS_NAME[ingress_class],
            **({"default-external-scheme": scheme} if scheme != "http" else {}),
        },
    }


_PROBE: Manifest = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Service",
    "metadata": {"name": "admission-probe", "namespace": NAMESPACE},
    "spec": {"template": {"spec": {"containers": [{"image": "registry.k8s.io/pause:3.10.1"}]}}},
}
