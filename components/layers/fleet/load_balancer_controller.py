"""AWS's load balancer controller: makes the network load balancer in front of the gateway, and deletes it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.cluster.base import Cluster
from components.cluster.checks import (
    CaBundleFilled,
    Check,
    DeploymentAvailable,
    EndpointsReady,
    certificate_ready,
)
from components.cluster.fleet import Fleet
from components.layers.edits import Edit, annotated, for_object
from components.layers.fleet.load_balancer_objects import (
    CERTIFICATE,
    NAME,
    NAMESPACE,
    WEBHOOK,
    WEBHOOK_SERVICE,
    controller,
    crds,
    issuing,
)
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION, WORKLOADS


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        fleet: The cluster's machines, and the VPC that they are in.
        certificates: Open once certificates can be asked for.
        profile: How its pods are run.
    """

    fleet: Fleet
    certificates: pulumi.Resource
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once load balancers are made.
    """

    ready: pulumi.Resource


class LoadBalancerController(Layer):
    """The controller, its kinds and its webhooks."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("LoadBalancerController", "load-balancer-controller", cluster)
        fleet, edits = args.fleet, profile_edits(args.profile)
        kinds = self.install(crds(), edits)
        asked = self.install(issuing(), edits, after={FOUNDATION: [args.certificates]})
        # A pod that starts before its certificate waits for the next try of the kubelet, up to two minutes.
        issued = self.gate(f"{NAME}-certificate", [certificate_ready(NAMESPACE, CERTIFICATE)], asked)
        role = fleet.roles["loadBalancerController"]
        installed = self.install(
            controller(fleet.cluster, fleet.region, fleet.tags),
            edits,
            after={WORKLOADS: [issued, *kinds.resources]},
            late=[annotated("ServiceAccount", NAME, role.annotations), told_of(fleet.vpc)],
        )
        checks: list[Check] = [
            DeploymentAvailable(NAMESPACE, NAME),
            EndpointsReady(NAMESPACE, WEBHOOK_SERVICE),
            CaBundleFilled("MutatingWebhookConfiguration", WEBHOOK),
            CaBundleFilled("ValidatingWebhookConfiguration", WEBHOOK),
        ]
        self.outputs = Outputs(ready=self.gate(NAME, checks, installed))
        self.register_outputs({})


def told_of(vpc: pulumi.Input[str]) -> Edit:
    """Tell the controller its VPC, which is known only once there is one."""

    def edit(manifest: Manifest) -> Manifest:
        template = manifest["spec"]["template"]
        first, *others = template["spec"]["containers"]
        argument = pulumi.Output.concat("--aws-vpc-id=", vpc)
        containers = [{**first, "args": [*first["args"], argument]}, *others]
        spec = {**template["spec"], "containers": containers}
        return {**manifest, "spec": {**manifest["spec"], "template": {**template, "spec": spec}}}

    return for_object("Deployment", NAME, edit)
