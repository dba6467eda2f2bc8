"""AWS roles of the software on the cluster that makes machines and load balancers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi

from components.cluster.eks.controller_documents import balance_load, scale_groups
from components.cluster.eks.identity import Identity
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.fleet import ACCOUNTS, SOFTWARE, Software
from components.settings.eks.cluster import Autoscaler

# Karpenter's role comes with its queue: see `karpenter`.
_POLICIES: Mapping[Software, tuple[str, Callable[[Place], str]]] = {
    "clusterAutoscaler": ("scale", scale_groups),
    "loadBalancerController": ("balance", balance_load),
}


@dataclass(frozen=True, kw_only=True)
class Args:
    """What the roles need.

    Attributes:
        identity: How pods become roles.
        autoscaler: Who makes machines.
    """

    identity: Identity
    autoscaler: Autoscaler


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What the roles give.

    Attributes:
        roles: ARNs by software.
        ready: Roles, policies and associations. A pod that starts before its association has no role until it
            is started again; one that outlives it can delete nothing any more.
    """

    roles: Mapping[Software, pulumi.Output[str]]
    ready: tuple[pulumi.Resource, ...]


class Controllers(Part):
    """The roles of a cluster's controllers."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Controllers", "controllers", place, opts)
        roles: dict[Software, pulumi.Output[str]] = {}
        ready: list[pulumi.Resource] = []
        for software in SOFTWARE[args.autoscaler]:
            if software not in _POLICIES:
                continue
            account = ACCOUNTS[software]
            policy, written = _POLICIES[software]
            role = args.identity.role(
                account.name, account.namespace, account.name, inline={policy: written(place)}
            )
            bound = args.identity.associate(account.name, account.namespace, account.name, role)
            ready += [*role.ready, *([bound] if bound else [])]
            roles[software] = role.arn
        self.outputs = Outputs(roles=roles, ready=tuple(ready))
        self.register_outputs({})
