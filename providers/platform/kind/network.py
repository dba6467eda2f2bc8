"""Pods of several nodes where kindnet cannot be had: the node image's bridge knows its own node only."""

from __future__ import annotations

import time
from dataclasses import dataclass

from components.errors import PlatformError
from machine.process import CommandFailed
from providers.platform.kind.engine import NodeEngine
from providers.platform.kind.inputs import BRIDGE, KindInputs

_KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
_SECONDS = 30.0
_POLL_SECONDS = 0.3


@dataclass(frozen=True)
class PodNetwork:
    """A node's share of the pod addresses.

    Attributes:
        node: Its name.
        address: The node's own address.
        range: CIDR that the controller manager gave it.
    """

    node: str
    address: str
    range: str


def join_pod_networks(engine: NodeEngine, inputs: KindInputs) -> None:
    """Give each of several nodes a route to the pods of every other; done again after a restart.

    Raises:
        PlatformError: A node was given no range.
    """
    if inputs.network != BRIDGE or len(inputs.nodes) == 1:
        return
    names = inputs.node_names()
    networks = [PodNetwork(node, engine.address(node), _range_of(engine, names[0], node)) for node in names]
    for network in networks:
        for command in routes(network, networks):
            engine.execute(network.node, *command)


def routes(own: PodNetwork, networks: list[PodNetwork]) -> list[tuple[str, ...]]:
    """Commands that make a node find the pods of all others."""
    others = [other for other in networks if other.node != own.node]
    return [("ip", "route", "replace", other.range, "via", other.address) for other in others]


def _range_of(engine: NodeEngine, plane: str, node: str) -> str:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            found = engine.execute(plane, *_KUBECTL, "get", "node", node, "-o", "jsonpath={.spec.podCIDR}")
        except CommandFailed as error:
            found, said = "", error.tail
        else:
            said = "spec.podCIDR is empty"
        if found:
            return found
        if time.monotonic() > deadline:
            raise PlatformError.single(f"Node {node} was given no addresses for pods", why=said)
        time.sleep(_POLL_SECONDS)
