"""What must be gone from AWS before those are gone who delete it there.

A Gateway's Service is made by istiod and belongs to the Gateway, without blocking its deletion (istiod's
template kube-gateway names no blockOwnerDeletion): the API server deletes the Gateway at once and the Service
behind it, which then waits for its load balancer by the finalizer service.k8s.aws/resources. The controller
takes that away only once load balancer, listeners, target groups and the security groups in front of its
network interfaces are deleted. Pulumi sees none of this, and would delete the controller in the meantime. So
it is with machines that Karpenter made: NodePool and machine are two objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.cluster.base import Cluster
from components.cluster.checks import Check, NoneLeft
from components.cluster.resources import Departure
from components.layers.layer import Layer

# A network load balancer is deleted in a minute or two; its security group, when AWS has let go of the last
# network interface, in up to ten.
BALANCERS_SECONDS = 900
# A machine is drained, at most for the terminationGracePeriod of its NodePool, and then terminated.
MACHINES_SECONDS = 1800


@dataclass(frozen=True)
class Args:
    """What a departure needs.

    Attributes:
        checks: What must be gone.
        seconds: How long that may take.
        outlived_by: Who deletes it, and stays until then.
    """

    checks: tuple[Check, ...]
    seconds: int
    outlived_by: tuple[pulumi.Resource, ...] = ()


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        held: Whatever leaves something in AWS depends on this.
    """

    held: pulumi.Resource


class Departures(Layer):
    """Holds back the end of a controller.

    Args:
        name: Resource name: there is one for each controller.
    """

    outputs: Outputs

    def __init__(self, name: str, cluster: Cluster, args: Args) -> None:
        super().__init__("Departures", name, cluster)
        self.outputs = Outputs(
            held=Departure(
                name,
                checks=args.checks,
                timeout_seconds=args.seconds,
                opts=self._options(args.outlived_by),
            )
        )
        self.register_outputs({})


def balancers_gone() -> tuple[Check, ...]:
    """No Service has a load balancer: neither the gateway's nor one that somebody else made."""
    return (NoneLeft("v1", "Service", {"spec.type": "LoadBalancer"}),)


def machines_gone() -> tuple[Check, ...]:
    """No machine is left that was made for pods."""
    return (NoneLeft("karpenter.sh/v1", "NodeClaim"),)
