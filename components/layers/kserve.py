"""KServe: its CRDs, its configuration, its controller, and the webhooks that later objects pass through."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.checks import (
    CaBundleFilled,
    Check,
    DryRunAccepted,
    EndpointsReady,
    certificate_ready,
)
from components.layers.edits import with_pod_annotation
from components.layers.kserve_config import NAME as CONFIG_NAME
from components.layers.kserve_config import InferenceServiceConfig
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION, WORKLOADS

NAMESPACE = "kserve"
CONTROLLER = "kserve-controller-manager"
CERTIFICATE = "serving-cert"
WEBHOOK_SERVICE = "kserve-webhook-server-service"
CONFIG_DIGEST = "kserve-platform/config-sha256"


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: KServe's manifests.
        config: What `inferenceservice-config` says.
        cert_manager: Open once certificates can be asked for.
        known_crds: CRDs of what KServe can work with (Knative, Istio, Gateway API). Its controller looks for
            them once, at start: without them it would never write a route.
        profile: How its pods are run.
    """

    rendered: Rendered
    config: InferenceServiceConfig
    cert_manager: pulumi.Resource
    known_crds: tuple[pulumi.Resource, ...]
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        crds: There once KServe's kinds exist.
        ready: Open once runtimes and InferenceServices can be created.
    """

    crds: pulumi.Resource
    ready: pulumi.Resource


class KServe(Layer):
    """KServe's CRDs, controller and webhooks."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("KServe", "kserve", cluster)
        crds = self.install_crds(args.rendered)
        parts = split(args.rendered.objects)
        edits = profile_edits(args.profile)
        base = self.install(parts.base, edits)
        certificate = self.install(
            parts.certificate, edits, after={FOUNDATION: [*base.of("Namespace"), args.cert_manager]}
        )
        # A pod that starts before its certificate waits for the next try of the kubelet, up to two minutes.
        issued = self.gate("kserve-certificate", [certificate_ready(NAMESPACE, CERTIFICATE)], certificate)
        config = configured(parts.config, args.config)
        controller = self.install(
            [config, *parts.controller],
            (with_pod_annotation(CONTROLLER, CONFIG_DIGEST, digest(config)), *edits),
            after={
                FOUNDATION: [*base.of("Namespace"), crds],
                WORKLOADS: [*base.resources, issued, crds, *args.known_crds],
            },
        )
        self.outputs = Outputs(
            crds=crds,
            ready=self.gate("kserve", admission_checks(base.manifests), controller, base.resources),
        )
        self.register_outputs({})


@dataclass(frozen=True)
class Parts:
    """KServe's objects, by what they wait for.

    Attributes:
        base: Nothing: namespace, accounts, roles, services, webhook configurations.
        certificate: cert-manager.
        config: Nothing, but it is changed first.
        controller: The certificate and the configuration; the default storage container waits for the CRDs.
    """

    base: tuple[Manifest, ...]
    certificate: tuple[Manifest, ...]
    config: Manifest
    controller: tuple[Manifest, ...]


def split(objects: Sequence[Manifest]) -> Parts:
    """Sort KServe's objects by what they wait for."""
    certificate = [m for m in objects if m["apiVersion"].startswith("cert-manager.io/")]
    config = next(m for m in objects if m["metadata"]["name"] == CONFIG_NAME)
    controller = [m for m in objects if m["kind"] in {"Deployment", "ClusterStorageContainer"}]
    taken = [*certificate, config, *controller]
    base = [m for m in objects if m not in taken]
    return Parts(tuple(base), tuple(certificate), config, tuple(controller))


def configured(manifest: Manifest, config: InferenceServiceConfig) -> Manifest:
    """The ConfigMap with this platform's values in it."""
    return {**manifest, "data": config.lay_over(manifest["data"])}


def digest(config: Manifest) -> str:
    """Changes with the ConfigMap's content; the controller reads some of it only when it starts."""
    return hashlib.sha256(json.dumps(config["data"], sort_keys=True).encode()).hexdigest()


def admission_checks(objects: Sequence[Manifest]) -> list[Check]:
    """What must hold before a runtime or an InferenceService can be created.

    Args:
        objects: KServe's objects, its webhook configurations among them.
    """
    bundles: list[Check] = [
        CaBundleFilled(m["kind"], m["metadata"]["name"])
        for m in objects
        if m["kind"] in {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
    ]
    probes: list[Check] = [DryRunAccepted(_RUNTIME_PROBE), DryRunAccepted(_SERVICE_PROBE)]
    return [*bundles, EndpointsReady(NAMESPACE, WEBHOOK_SERVICE), *probes]


_PROBE_IMAGE = "registry.k8s.io/pause:3.10.1"
_RUNTIME_PROBE: Manifest = {
    "apiVersion": "serving.kserve.io/v1alpha1",
    "kind": "ClusterServingRuntime",
    "metadata": {"name": "admission-probe"},
    "spec": {
        "supportedModelFormats": [{"name": "admission-probe", "version": "1"}],
        "containers": [{"name": "kserve-container", "image": _PROBE_IMAGE}],
    },
}
_SERVICE_PROBE: Manifest = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "admission-probe", "namespace": NAMESPACE},
    "spec": {"predictor": {"containers": [{"name": "kserve-container", "image": _PROBE_IMAGE}]}},
}
