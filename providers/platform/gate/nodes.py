"""Whether a cluster's machines are there, and whether they take pods."""

from __future__ import annotations

from dataclasses import dataclass

from providers.platform.api import Api
from providers.platform.gate.check import Check
from providers.platform.gate.status import condition_problem


@dataclass(frozen=True)
class NodesJoined(Check):
    """The API server answers, and so many nodes have registered with it."""

    count: int

    @property
    def title(self) -> str:
        return "an API server that knows every node"

    def problem(self, api: Api) -> str:
        return _absent(self.count, len(api.list_objects("v1", "Node")))


@dataclass(frozen=True)
class NodesReady(Check):
    """At least so many nodes have joined, and every one of them is Ready."""

    advice = "A node that stays so is made anew by `make down`, then `make up`."

    count: int

    @property
    def title(self) -> str:
        return "every node Ready"

    def problem(self, api: Api) -> str:
        nodes = api.list_objects("v1", "Node")
        waiting = [
            f"node {node['metadata']['name']} is not Ready ({reason})"
            for node in nodes
            if (reason := condition_problem(node, "Ready"))
        ]
        return "; ".join(filter(None, [*waiting, _absent(self.count, len(nodes))]))


def _absent(wanted: int, there: int) -> str:
    return f"{wanted - there} of {wanted} nodes have not joined" if there < wanted else ""
