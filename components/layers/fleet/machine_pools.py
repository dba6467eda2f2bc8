"""The pools that machines are made from: Karpenter's, or those of EKS Auto Mode."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.cluster.base import Cluster
from components.cluster.checks import Check, ConditionTrue
from components.cluster.fleet import Fleet
from components.layers.fleet import departures
from components.layers.fleet.node_pools import POOL, POOLS, classes, completed, pools
from components.layers.layer import Layer
from components.layers.ordering import FOUNDATION


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        fleet: The cluster's machines.
        maker: Who makes them, where that is software on the cluster.
    """

    fleet: Fleet
    maker: tuple[pulumi.Resource, ...] = ()


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once machines can be made from every pool.
    """

    ready: pulumi.Resource


class MachinePools(Layer):
    """Pools and classes. At the end their machines go before whoever drains and terminates them."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("MachinePools", "machine-pools", cluster)
        fleet = args.fleet
        described = self.install(classes(fleet), after={FOUNDATION: args.maker}, late=[completed(fleet)])
        # Between pools and classes: a machine is not taken away without the class that it was made of.
        wanted = departures.Args(
            departures.machines_gone(),
            departures.MACHINES_SECONDS,
            outlived_by=(*args.maker, *described.resources),
        )
        held = departures.Departures("machines", cluster, wanted).outputs.held
        made = self.install(pools(fleet), after={FOUNDATION: [held]})
        checks: list[Check] = [ConditionTrue(POOLS, POOL, "", m["metadata"]["name"]) for m in made.manifests]
        self.outputs = Outputs(ready=self.gate("machine-pools", checks, made, described.resources))
        self.register_outputs({})
