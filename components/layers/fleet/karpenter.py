"""Karpenter: makes machines of the groups that begin empty when pods wait for them, and takes them away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.checks import Check, DeploymentAvailable
from components.cluster.fleet import ACCOUNTS, Fleet
from components.layers.edits import Edit, annotated, for_object
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import WORKLOADS

NAMESPACE, NAME = ACCOUNTS["karpenter"].namespace, ACCOUNTS["karpenter"].name


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        fleet: The cluster's machines.
        rendered: Karpenter's manifests.
        profile: How its pods are run.
    """

    fleet: Fleet
    rendered: Rendered
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once Karpenter acts on them.
    """

    ready: pulumi.Resource


class Karpenter(Layer):
    """Karpenter's kinds and its controller."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("Karpenter", NAME, cluster)
        fleet = args.fleet
        crds = self.install_crds(args.rendered)
        installed = self.install(
            args.rendered.objects,
            profile_edits(args.profile),
            after={WORKLOADS: [crds]},
            late=[
                annotated("ServiceAccount", NAME, fleet.roles["karpenter"].annotations),
                told(
                    CLUSTER_NAME=fleet.cluster,
                    INTERRUPTION_QUEUE=fleet.interruption_queue,
                    # It would wait for prices and profiles, which are told in the internet only.
                    ISOLATED_VPC="true" if fleet.isolated else "false",
                ),
            ],
        )
        checks: list[Check] = [DeploymentAvailable(NAMESPACE, NAME)]
        self.outputs = Outputs(ready=self.gate(NAME, checks, installed))
        self.register_outputs({})


def told(**variables: Any) -> Edit:
    """Write variables of the controller's environment, which upstream's manifests hold with other values."""

    def edit(manifest: Manifest) -> Manifest:
        template = manifest["spec"]["template"]
        first, *others = template["spec"]["containers"]
        env = [
            {"name": row["name"], "value": variables[row["name"]]} if row["name"] in variables else row
            for row in first["env"]
        ]
        spec = {**template["spec"], "containers": [{**first, "env": env}, *others]}
        return {**manifest, "spec": {**manifest["spec"], "template": {**template, "spec": spec}}}

    return for_object("Deployment", NAME, edit)
