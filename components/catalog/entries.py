"""The table of components: to add one, add an entry here, a layer and its golden plan.

Versions are those whose every part, manifests and commands, lies in a module that a Go proxy serves.
"""

from __future__ import annotations

from typing import Any

from components.catalog import fleet, modules
from components.catalog.component import Chart, Component, Files, Kustomize, Pin

KUBERNETES_VERSION = "1.34.4"
"""The Kubernetes that charts are rendered for; they ask its version to leave out removed kinds."""

CERT_MANAGER = Component(
    name="cert-manager",
    version="1.11.5",
    module=modules.CERT_MANAGER,
    namespace="cert-manager",
    manifests=(
        Chart(
            folder="deploy/charts/cert-manager",
            release="cert-manager",
            # Its check of the webhook is a Job after the fact; a gate asks the same before anyone needs it.
            values={"startupapicheck": {"enabled": False}},
            templates=("deploy/crds",),
        ),
    ),
)

GATEWAY_API = Component(
    name="gateway-api",
    version="1.4.1",
    module=modules.GATEWAY_API,
    namespace="",
    manifests=(Files(("config/crd/standard",)),),
)

ISTIO_VERSION = "1.29.1"


def istio(*, plain_envoy: bool) -> Component:
    """Istio's control plane.

    Args:
        plain_envoy: The proxies run Envoy's own release, which lacks the filters that Istio compiles in.
    """
    values: dict[str, Any] = {"global": {"hub": "docker.io/istio", "tag": ISTIO_VERSION}}
    if plain_envoy:
        values |= {
            "telemetry": {"enabled": False},
            "env": {"PILOT_ENABLE_METADATA_EXCHANGE": "false", "PILOT_ENABLE_ALPN_FILTER": "false"},
        }
    return Component(
        name="istio",
        version=ISTIO_VERSION,
        module=modules.ISTIO,
        namespace="istio-system",
        manifests=(
            Chart("manifests/charts/base", release="istio-base", values={"defaultRevision": "default"}),
            Chart("manifests/charts/istio-control/istio-discovery", release="istiod", values=values),
        ),
    )


_KNATIVE = "cmd/operator/kodata"

KNATIVE_SERVING = Component(
    name="knative-serving",
    version="1.21.1",
    module=modules.KNATIVE_OPERATOR,
    namespace="knative-serving",
    # The core file holds the CRDs as well. The fourth file migrates objects of older releases.
    manifests=(Files((f"{_KNATIVE}/knative-serving/1.21.1/2-serving-core.yaml",)),),
)

KNATIVE_HPA = Component(
    name="knative-hpa",
    version="1.21.1",
    module=modules.KNATIVE_OPERATOR,
    namespace="knative-serving",
    manifests=(Files((f"{_KNATIVE}/knative-serving/1.21.1/3-serving-hpa.yaml",)),),
)

KNATIVE_GATEWAY_API = Component(
    name="knative-gateway-api",
    version="1.21.0",
    module=modules.KNATIVE_GATEWAY_API,
    namespace="knative-serving",
    manifests=(Files(("config",)),),
    pins=(
        Pin(
            r"ko://(knative\.dev/net-gateway-api/cmd/\w+)",
            r"gcr.io/knative-releases/\1:v1.21.0",
        ),
    ),
)

KNATIVE_ISTIO = Component(
    name="knative-istio",
    version="1.21.1",
    module=modules.KNATIVE_OPERATOR,
    namespace="knative-serving",
    manifests=(Files((f"{_KNATIVE}/ingress/1.21/istio/net-istio.yaml",)),),
)

KNATIVE_KOURIER = Component(
    name="knative-kourier",
    version="1.21.0",
    module=modules.KNATIVE_OPERATOR,
    namespace="kourier-system",
    manifests=(Files((f"{_KNATIVE}/ingress/1.21/kourier/kourier.yaml",)),),
    # "latest" of a minor version still moves.
    pins=(Pin(r"envoyproxy/envoy:v1\.36-latest", "envoyproxy/envoy:v1.36.2"),),
)

# Upstream's release script writes the tag of the release over every :latest, vLLM's included.
_KSERVE_PINS = (
    Pin(r"(?<![\w/.])kserve/([\w-]+):latest", r"docker.io/kserve/\1:v0.20.0"),
    Pin(r"(?<![\w/.])vllm/vllm-openai:latest", "docker.io/vllm/vllm-openai:v0.20.0"),
)

KSERVE = Component(
    name="kserve",
    version="0.20.0",
    module=modules.KSERVE,
    namespace="kserve",
    manifests=(Kustomize("config/overlays/standalone/kserve"),),
    pins=_KSERVE_PINS,
)

KSERVE_RUNTIMES = Component(
    name="kserve-runtimes",
    version="0.20.0",
    module=modules.KSERVE,
    namespace="",
    manifests=(Kustomize("config/runtimes"),),
    pins=_KSERVE_PINS,
)

COMPONENTS: tuple[Component, ...] = (
    CERT_MANAGER,
    GATEWAY_API,
    istio(plain_envoy=False),
    KNATIVE_SERVING,
    KNATIVE_HPA,
    KNATIVE_GATEWAY_API,
    KNATIVE_ISTIO,
    KNATIVE_KOURIER,
    KSERVE,
    KSERVE_RUNTIMES,
    *fleet.COMPONENTS,
)
"""The whole table, as it is where images are pulled."""
