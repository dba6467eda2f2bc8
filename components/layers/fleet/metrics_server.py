"""metrics-server: what pods and machines use, which predictors are scaled by. EKS has none of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.catalog.fleet import NAMESPACE
from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.checks import Check, ConditionTrue, DeploymentAvailable, certificate_ready
from components.layers.edits import without
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.ordering import FOUNDATION, WORKLOADS

NAME = "metrics-server"
API = "v1beta1.metrics.k8s.io"
_ISSUING = frozenset({"Issuer", "Certificate"})


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: metrics-server's manifests.
        certificates: Open once certificates can be asked for.
        profile: How its pods are run.
    """

    rendered: Rendered
    certificates: pulumi.Resource
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once the API server serves metrics.
    """

    ready: pulumi.Resource


class MetricsServer(Layer):
    """metrics-server, its certificate, and the API that it serves."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("MetricsServer", NAME, cluster)
        issuing = [m for m in args.rendered.objects if m["kind"] in _ISSUING]
        others = [m for m in args.rendered.objects if m["kind"] not in _ISSUING]
        asked = self.install(issuing, after={FOUNDATION: [args.certificates]})
        # A pod that starts before its certificate waits for the next try of the kubelet, up to two minutes.
        issued = self.gate(f"{NAME}-certificate", [certificate_ready(NAMESPACE, NAME)], asked)
        server = self.install(
            others,
            (without(("APIService", API)), *profile_edits(args.profile)),
            after={WORKLOADS: [issued]},
        )
        # An API that nobody serves makes the deletion of every namespace wait, so that it comes after who
        # serves it and goes before.
        api = self.install(
            [m for m in others if m["kind"] == "APIService"], after={FOUNDATION: server.resources}
        )
        checks: list[Check] = [
            DeploymentAvailable(NAMESPACE, NAME),
            ConditionTrue("apiregistration.k8s.io/v1", "APIService", "", API, "Available"),
        ]
        self.outputs = Outputs(ready=self.gate(NAME, checks, api, server.resources))
        self.register_outputs({})
