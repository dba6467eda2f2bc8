"""What keeps the models' namespace apart: who may ask its pods, and how much they may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.cluster.base import Cluster
from components.layers.layer import Layer
from components.layers.model_storage import NAMESPACE
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        namespace: The models' namespace exists.
        callers: Namespaces whose pods may ask models.
        quota: Most of each resource, by the name that a ResourceQuota has for it.
    """

    namespace: pulumi.Resource
    callers: Sequence[str]
    quota: Mapping[str, str]


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        guards: What must be there before a model is: a policy that comes later leaves it open until then.
    """

    guards: list[pulumi.Resource]


class ModelGuard(Layer):
    """The network policies and the quota of the models' namespace."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("ModelGuard", "model-guard", cluster)
        installed = self.install(guards(args.callers, args.quota), after={FOUNDATION: [args.namespace]})
        self.outputs = Outputs(guards=list(installed.resources))
        self.register_outputs({})


def guards(callers: Sequence[str], quota: Mapping[str, str]) -> list[Manifest]:
    """The objects.

    Models are asked through gateways and Knative's activator, and counted by its autoscaler; the kubelet's
    probes come from the machine, which no policy keeps out. A network without policies (kind's bridge) takes
    the objects and does nothing. Sizes are not in the quota: one of memory refuses every pod with a
    container that asks for none, like Knative's queue-proxy by default.
    """
    inward = {"podSelector": {}, "policyTypes": ["Ingress"]}
    asking = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}} for name in callers
    ]
    return [
        _policy("default-deny", inward),
        _policy("from-gateways", {**inward, "ingress": [{"from": asking}]}),
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "models", "namespace": NAMESPACE},
            "spec": {"hard": dict(quota)},
        },
    ]


def _policy(name: str, spec: Mapping[str, object]) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": dict(spec),
    }
