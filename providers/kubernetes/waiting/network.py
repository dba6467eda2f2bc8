"""Services and Ingresses: who answers behind them, and at which address."""

from __future__ import annotations

from typing import Final

from providers.kubernetes.objects import Object, metadata_of
from providers.kubernetes.waiting.pods import explain
from providers.kubernetes.waiting.verdict import READY, Look, Verdict

_NO_PODS: Final = (
    "Service does not target any Pods. Selected Pods may not be ready, or "
    "field '.spec.selector' may not match labels on any Pods"
)
_NO_ADDRESS: Final = "Service was not allocated an IP address; does your cloud provider support this?"


def judge_service(obj: Object, look: Look) -> Verdict:
    """One ready endpoint is enough, and no pod at all is no reason to wait; a LoadBalancer needs its address.

    Read from EndpointSlices, for Endpoints are deprecated since 1.33. No fixed settling time: that of the
    official provider, 10 s for every Service, was most of a first `up`.
    """
    spec = obj.get("spec") or {}
    reasons: list[str] = []
    if spec.get("selector") and spec.get("type") != "ExternalName":
        reasons = _missing_endpoints(obj, look)
    if spec.get("type") == "LoadBalancer" and not _addresses(obj):
        reasons = [*(reasons or _nobody(obj, look)), _NO_ADDRESS]
    if not reasons:
        return READY
    return Verdict(status="Waiting for Service to be ready", reasons=reasons)


def judge_ingress(obj: Object, look: Look) -> Verdict:
    """It has an address, and every Service it names has somebody behind it."""
    namespace = str(metadata_of(obj).get("namespace") or "")
    reasons = [
        f"Ingress has a rule for the Service '{name}', which has no ready endpoints"
        for name in sorted(_backends(obj))
        if not _ready_endpoints(name, namespace, look) and not _is_external(name, namespace, look)
    ]
    if not _addresses(obj):
        reasons.append(
            "Ingress .status.loadBalancer field was not updated with a hostname/IP address; is an ingress "
            "controller running that takes this Ingress?"
        )
    return Verdict(status="Waiting for Ingress to be ready", reasons=reasons) if reasons else READY


def _missing_endpoints(obj: Object, look: Look) -> list[str]:
    meta, spec = metadata_of(obj), obj.get("spec") or {}
    namespace = str(meta.get("namespace") or "")
    if _ready_endpoints(str(meta.get("name")), namespace, look):
        return []
    selector = ",".join(f"{key}={value}" for key, value in spec["selector"].items())
    pods = [
        pod
        for pod in look("v1", "Pod", namespace, labelSelector=selector)
        if (pod.get("status") or {}).get("phase") not in {"Succeeded", "Failed"}
    ]
    return [_NO_PODS, *explain(pods)] if pods else []


def _nobody(obj: Object, look: Look) -> list[str]:
    name, namespace = str(metadata_of(obj).get("name")), str(metadata_of(obj).get("namespace") or "")
    has_selector = (obj.get("spec") or {}).get("selector")
    return [_NO_PODS] if has_selector and not _ready_endpoints(name, namespace, look) else []


def _ready_endpoints(service: str, namespace: str, look: Look) -> bool:
    slices = look(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        namespace,
        labelSelector=f"kubernetes.io/service-name={service}",
    )
    return any(
        (endpoint.get("conditions") or {}).get("ready") is not False
        for one in slices
        for endpoint in one.get("endpoints") or []
    )


def _is_external(service: str, namespace: str, look: Look) -> bool:
    found = look("v1", "Service", namespace, fieldSelector=f"metadata.name={service}")
    return any((one.get("spec") or {}).get("type") == "ExternalName" for one in found)


def _addresses(obj: Object) -> list[Object]:
    entries = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [entry for entry in entries if entry.get("ip") or entry.get("hostname")]


def _backends(obj: Object) -> set[str]:
    spec = obj.get("spec") or {}
    found = [
        path.get("backend")
        for rule in spec.get("rules") or []
        for path in (rule.get("http") or {}).get("paths") or []
    ]
    services = [(backend or {}).get("service") or {} for backend in [*found, spec.get("defaultBackend")]]
    return {str(service["name"]) for service in services if service.get("name")}
