"""Entries of what clusters in AWS get besides the platform, where AWS keeps its own pods."""

from __future__ import annotations

from components.catalog import modules
from components.catalog.component import Chart, Component, Kustomize

NAMESPACE = "kube-system"

METRICS_SERVER = Component(
    name="metrics-server",
    version="0.9.0",
    module=modules.METRICS_SERVER,
    namespace=NAMESPACE,
    manifests=(
        Chart(
            folder="charts/metrics-server",
            release="metrics-server",
            values={
                # A module holds the chart of the release before.
                "image": {"tag": "v0.9.0"},
                "replicas": 2,
                "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
                "topologySpreadConstraints": [
                    {
                        "maxSkew": 1,
                        "topologyKey": "kubernetes.io/hostname",
                        "whenUnsatisfiable": "ScheduleAnyway",
                        "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "metrics-server"}},
                    }
                ],
                # The API server would otherwise believe whoever answers on that address.
                "tls": {"type": "cert-manager"},
                "apiService": {"insecureSkipTLSVerify": False},
            },
        ),
    ),
)

KARPENTER = Component(
    name="karpenter",
    version="1.14.1",
    module=modules.KARPENTER,
    namespace=NAMESPACE,
    manifests=(
        Chart(folder="charts/karpenter-crd", release="karpenter-crd"),
        Chart(
            folder="charts/karpenter",
            release="karpenter",
            values={
                "serviceAccount": {"name": "karpenter"},
                # The digest in the module is the one of the release before.
                "controller": {
                    "image": {"tag": "1.14.1", "digest": ""},
                    "resources": {
                        "requests": {"cpu": "500m", "memory": "1Gi"},
                        "limits": {"memory": "1Gi"},
                    },
                },
                # The layer writes the cluster's own: these are the same objects for every cluster.
                "settings": {
                    "clusterName": "of-the-layer",
                    "interruptionQueue": "of-the-layer",
                    "eksControlPlane": True,
                    "isolatedVPC": True,
                },
            },
        ),
    ),
)

# What GPU feature discovery finds on a machine becomes labels by it.
NODE_FEATURE_DISCOVERY = Component(
    name="node-feature-discovery",
    version="0.18.3",
    module=modules.NODE_FEATURE_DISCOVERY,
    namespace="node-feature-discovery",
    manifests=(Kustomize("deployment/overlays/default"),),
)

COMPONENTS: tuple[Component, ...] = (METRICS_SERVER, KARPENTER, NODE_FEATURE_DISCOVERY)
