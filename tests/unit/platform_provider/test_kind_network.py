"""Routes between the pods of several nodes."""

from __future__ import annotations

from providers.platform.kind.network import PodNetwork, routes


def test_each_node_finds_the_pods_of_all_others_and_not_its_own() -> None:
    first = PodNetwork("a-control-plane", "172.18.0.2", "10.244.0.0/24")
    second = PodNetwork("a-worker", "172.18.0.3", "10.244.1.0/24")
    third = PodNetwork("a-worker2", "172.18.0.4", "10.244.2.0/24")
    assert routes(second, [first, second, third]) == [
        ("ip", "route", "replace", "10.244.0.0/24", "via", "172.18.0.2"),
        ("ip", "route", "replace", "10.244.2.0/24", "via", "172.18.0.4"),
    ]


def test_one_node_needs_no_route() -> None:
    only = PodNetwork("a-control-plane", "172.18.0.2", "10.244.0.0/24")
    assert routes(only, [only]) == []
