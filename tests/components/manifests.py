"""Doubles of rendered components: our own small manifests in upstream's shapes, so that no tool is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from components.catalog.component import Component
from components.catalog.render import CrdFile, Rendered
from components.catalog.selection import components_of
from components.settings.eks.cluster import Autoscaler

_TEMPLATES = yaml.safe_dump(
    {"templates": {"kube-gateway": "t", "sidecar": "s"}, "defaultTemplates": ["sidecar"]}
)


def _object(kind: str, name: str, namespace: str = "", version: str = "v1", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def _deployment(name: str, namespace: str, image: str) -> dict[str, Any]:
    container = {"name": name, "image": image, "readinessProbe": {"tcpSocket": {"port": 1}}}
    spec = {"template": {"spec": {"containers": [container]}}}
    return _object("Deployment", name, namespace, "apps/v1", spec=spec)


def _karpenter(namespace: str, image: str) -> dict[str, Any]:
    made = _deployment("karpenter", namespace, image)
    names = ("CLUSTER_NAME", "INTERRUPTION_QUEUE", "ISOLATED_VPC")
    made["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": n, "value": "-"} for n in names]
    return made


def _webhooks(kind: str, name: str) -> dict[str, Any]:
    return _object(kind, name, version="admissionregistration.k8s.io/v1", webhooks=[{"name": name}])


_OBJECTS: Mapping[str, list[dict[str, Any]]] = {
    "cert-manager": [
        _object("ServiceAccount", "cert-manager", "cert-manager"),
        _object("Service", "cert-manager-webhook", "cert-manager", spec={"ports": []}),
        _deployment("cert-manager-webhook", "cert-manager", "quay.io/jetstack/cert-manager-webhook:v1.11.5"),
        _webhooks("ValidatingWebhookConfiguration", "cert-manager-webhook"),
    ],
    "gateway-api": [],
    "istio": [
        _object("ConfigMap", "istio-sidecar-injector", "istio-system", data={"config": _TEMPLATES}),
        _deployment("istiod", "istio-system", "docker.io/istio/pilot:1.29.1"),
        _webhooks("ValidatingWebhookConfiguration", "istio-validator-istio-system"),
    ],
    "knative-serving": [
        _object("Namespace", "knative-serving"),
        *(
            _object("ConfigMap", name, "knative-serving", data={})
            for name in ("config-deployment", "config-domain", "config-features", "config-network")
        ),
        _deployment("webhook", "knative-serving", f"gcr.io/a/webhook@sha256:{'0' * 64}"),
        _webhooks("MutatingWebhookConfiguration", "webhook.serving.knative.dev"),
    ],
    "knative-hpa": [_deployment("autoscaler-hpa", "knative-serving", "gcr.io/a/hpa:1")],
    "knative-gateway-api": [
        _object("ConfigMap", "config-gateway", "knative-serving", data={}),
        _deployment("net-gateway-api-controller", "knative-serving", "gcr.io/a/ngw:1"),
    ],
    "knative-kourier": [
        _object("Namespace", "kourier-system"),
        _object(
            "Service", "kourier", "kourier-system", spec={"type": "LoadBalancer", "ports": [{"port": 80}]}
        ),
        _deployment("net-kourier-controller", "knative-serving", "gcr.io/a/kourier:1"),
    ],
    "kserve": [
        _object("Namespace", "kserve"),
        _object("ConfigMap", "inferenceservice-config", "kserve", data={"deploy": "{}", "ingress": "{}"}),
        _deployment("kserve-controller-manager", "kserve", "docker.io/kserve/kserve-controller:v0.20.0"),
        _object("Issuer", "selfsigned-issuer", "kserve", "cert-manager.io/v1", spec={"selfSigned": {}}),
        _object("Certificate", "serving-cert", "kserve", "cert-manager.io/v1", spec={}),
        _object("ClusterStorageContainer", "default", version="serving.kserve.io/v1alpha1", spec={}),
        _webhooks("ValidatingWebhookConfiguration", "inferenceservice.serving.kserve.io"),
    ],
    "metrics-server": [
        _object("ServiceAccount", "metrics-server", "kube-system"),
        _deployment("metrics-server", "kube-system", "registry.k8s.io/metrics-server/metrics-server:v0.9.0"),
        _object("APIService", "v1beta1.metrics.k8s.io", version="apiregistration.k8s.io/v1", spec={}),
        _object("Issuer", "metrics-server-issuer", "kube-system", "cert-manager.io/v1", spec={}),
        _object("Certificate", "metrics-server", "kube-system", "cert-manager.io/v1", spec={}),
    ],
    "karpenter": [
        _object("ServiceAccount", "karpenter", "kube-system"),
        _karpenter("kube-system", "public.ecr.aws/karpenter/controller:1.14.1"),
    ],
    "node-feature-discovery": [
        _object("Namespace", "node-feature-discovery"),
        _object("ServiceAccount", "nfd-master", "node-feature-discovery"),
        _object("ServiceAccount", "nfd-worker", "node-feature-discovery"),
        _object("ConfigMap", "nfd-worker-conf-c2mbm9t788", "node-feature-discovery", data={}),
        _deployment(
            "nfd-master", "node-feature-discovery", "registry.k8s.io/nfd/node-feature-discovery:v0.18.3"
        ),
    ],
    "kserve-runtimes": [
        _object(
            "ClusterServingRuntime",
            name,
            version="serving.kserve.io/v1alpha1",
            spec={"containers": [{"name": "kserve-container", "image": image}]},
        )
        for name, image in (
            ("kserve-torchserve", "pytorch/torchserve-kfs:0.9.0"),
            ("kserve-sklearnserver", "docker.io/kserve/sklearnserver:v0.20.0"),
        )
    ],
}
_WITH_CRDS = {
    "cert-manager",
    "gateway-api",
    "karpenter",
    "istio",
    "knative-serving",
    "kserve",
    "node-feature-discovery",
}


def rendered_by_hand(
    ingress_class: str, *, built: bool, autoscaler: Autoscaler | None = None
) -> Mapping[str, Rendered]:
    """Every component of a platform with objects of ours in place of upstream's."""
    components = components_of(
        ingress_class,  # type: ignore[arg-type]
        built=built,
        autoscaler=autoscaler,
        gpus=autoscaler is not None,
    )
    return {component.name: _rendered(component) for component in components}


def _rendered(component: Component) -> Rendered:
    crds = CrdFile(f"rendered/{component.name}/crds.json", "0" * 64, (f"things.{component.name}",))
    objects = tuple(_OBJECTS[component.name])
    return Rendered(component, objects, crds if component.name in _WITH_CRDS else None)
