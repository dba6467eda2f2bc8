"""Which components a platform is made of. A pure decision."""

from __future__ import annotations

from collections.abc import Mapping

from components.catalog import entries, fleet
from components.catalog.component import Component
from components.settings.eks.cluster import Autoscaler
from components.settings.platform import IngressClass

INGRESS: Mapping[IngressClass, Component] = {
    "gateway-api": entries.KNATIVE_GATEWAY_API,
    "istio": entries.KNATIVE_ISTIO,
    "kourier": entries.KNATIVE_KOURIER,
}
"""What carries Knative's traffic, by ingress class."""


def components_of(
    ingress_class: IngressClass,
    *,
    built: bool,
    measured: bool = True,
    autoscaler: Autoscaler | None = None,
    gpus: bool = False,
) -> tuple[Component, ...]:
    """The components of a platform, in the order in which people would install them.

    Args:
        ingress_class: What carries Knative's traffic. Kourier is its own gateway and needs no Istio.
        built: Images are built here, so that Istio's proxies run plain Envoy.
        measured: The cluster measures CPU and memory, so that predictors can be scaled by them.
        autoscaler: Who makes the cluster's machines in AWS; None where nobody does.
        gpus: Some of these have GPUs. Auto Mode's have NVIDIA's software built in.
    """
    gateways = () if ingress_class == "kourier" else (entries.GATEWAY_API, entries.istio(plain_envoy=built))
    return (
        entries.CERT_MANAGER,
        *((fleet.METRICS_SERVER,) if autoscaler else ()),
        *((fleet.KARPENTER,) if autoscaler == "karpenter" else ()),
        *((fleet.NODE_FEATURE_DISCOVERY,) if gpus and autoscaler != "auto" else ()),
        *gateways,
        entries.KNATIVE_SERVING,
        *((entries.KNATIVE_HPA,) if measured else ()),
        INGRESS[ingress_class],
        entries.KSERVE,
        entries.KSERVE_RUNTIMES,
    )
