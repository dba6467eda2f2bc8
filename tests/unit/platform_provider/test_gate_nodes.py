"""Nodes: whether they have joined, and whether they take pods."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from components.errors import PlatformError
from providers.platform.fields import InputsRefused
from providers.platform.gate.nodes import NodesJoined, NodesReady
from providers.platform.gate.resource import Gate
from tests.unit.platform_provider.doubles import ApiDouble, call


def _node(name: str, **condition: str) -> dict[str, Any]:
    conditions = [{"type": "Ready", **condition}] if condition else []
    return {"metadata": {"name": name}, "status": {"conditions": conditions}}


def _api(*nodes: dict[str, Any]) -> Any:
    return ApiDouble({("Node", "", node["metadata"]["name"]): node for node in nodes})


READY = _node("a", status="True")
NETWORKLESS = _node("b", status="False", reason="KubeletNotReady", message="cni plugin not initialized")


def test_a_gate_opens_once_every_node_is_ready() -> None:
    inputs = Gate().check({"checks": [{"check": "nodesReady", "count": 2}]})
    _, outputs = Gate().create(call(_api(READY, _node("b", status="True"))), inputs)
    assert outputs["passed"]


def test_a_gate_that_waits_for_a_node_in_vain_says_what_to_do() -> None:
    inputs = Gate().check({"checks": [{"check": "nodesReady", "count": 2}]})
    with pytest.raises(PlatformError) as closed:
        Gate().create(replace(call(_api(READY, NETWORKLESS)), seconds=0.01), inputs)
    assert str(closed.value) == (
        "It did not open within 0 s\n"
        "  why:  every node Ready: node b is not Ready (KubeletNotReady: cni plugin not initialized)\n"
        "  do:   A node that stays so is made anew by `make down`, then `make up`."
    )


def test_a_node_says_why_it_takes_no_pods_and_an_absent_one_is_counted() -> None:
    problem = NodesReady(3).problem(_api(READY, NETWORKLESS))
    assert problem == (
        "node b is not Ready (KubeletNotReady: cni plugin not initialized); 1 of 3 nodes have not joined"
    )


def test_a_node_whose_kubelet_is_silent_is_not_ready() -> None:
    assert NodesReady(1).problem(_api(_node("a"))) == "node a is not Ready (it has no condition Ready yet)"


def test_a_node_has_joined_before_it_is_ready() -> None:
    assert NodesJoined(1).problem(_api(NETWORKLESS)) == ""
    assert NodesJoined(2).problem(_api(NETWORKLESS)) == "1 of 2 nodes have not joined"


@pytest.mark.parametrize("count", [0, 5001, "1"])
def test_a_count_that_no_cluster_has_is_refused(count: Any) -> None:
    with pytest.raises(InputsRefused) as refused:
        Gate().check({"checks": [{"check": "nodesReady", "count": count}]})
    (refusal,) = refused.value.refusals
    assert refusal.reason == f"must be a whole number from 1 to 5000, is {json.dumps(count)}"
