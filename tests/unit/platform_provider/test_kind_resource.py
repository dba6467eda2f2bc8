"""KindCluster: which change needs a new cluster, and what drift looks like."""

from __future__ import annotations

from typing import Any

import pytest

from providers.platform.kind import resource
from providers.platform.kind.inputs import read_inputs
from providers.platform.kind.resource import KindCluster, with_actual_nodes
from tests.unit.platform_provider.doubles import ApiDouble, call
from tests.unit.platform_provider.samples import KIND_INPUTS

TWO = {**KIND_INPUTS, "nodes": [*KIND_INPUTS["nodes"], {"role": "worker"}]}


class LifecycleDouble:
    """A machine on which the cluster is there, or not."""

    there = True

    def resume(self, inputs: Any) -> object | None:
        return object() if self.there else None


@pytest.fixture
def lifecycle(monkeypatch: pytest.MonkeyPatch) -> LifecycleDouble:
    double = LifecycleDouble()
    monkeypatch.setattr(resource, "_lifecycle", lambda call, name: double)
    return double


@pytest.mark.parametrize(
    ("changed", "replacing"),
    [
        ({"kubernetesVersion": "1.34.5"}, ("kubernetesVersion",)),
        ({"nodes": TWO["nodes"]}, ("nodes",)),
        ({"apiServerPort": 7000}, ("apiServerPort",)),
        ({"registryMirrors": {"docker.io": ["https://m"]}}, ("registryMirrors",)),
        ({"imageStore": "k2"}, ()),
        ({}, ()),
    ],
)
def test_only_images_can_change_under_a_running_cluster(
    lifecycle: LifecycleDouble, changed: dict[str, Any], replacing: tuple[str, ...]
) -> None:
    found = KindCluster().diff(call(ApiDouble()), "a", KIND_INPUTS, {**KIND_INPUTS, **changed})
    assert found.replacing == replacing
    assert found.changed == tuple(changed)


def test_a_cluster_that_somebody_removed_is_made_anew(lifecycle: LifecycleDouble) -> None:
    lifecycle.there = False
    found = KindCluster().diff(call(ApiDouble()), "a", KIND_INPUTS, KIND_INPUTS)
    assert found.replacing == ("name",)


def test_nodes_that_are_there_are_no_drift() -> None:
    roles = [("control-plane", "i"), ("worker", "i")]
    assert with_actual_nodes(TWO, read_inputs(TWO), roles) == TWO


def test_a_node_that_somebody_removed_is_drift() -> None:
    assert with_actual_nodes(TWO, read_inputs(TWO), [("control-plane", "i")]) == KIND_INPUTS
