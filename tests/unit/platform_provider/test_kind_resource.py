"""KindCluster: which change needs a new cluster, and what drift looks like."""

from __future__ import annotations

from typing import Any

import pytest

from machine.cache import Cache
from machine.docker.keeping import Keepers
from providers.platform.kind import resource
from providers.platform.kind.inputs import read_inputs
from providers.platform.kind.lifecycle import Made
from providers.platform.kind.resource import KindCluster, with_actual_images, with_actual_nodes
from tests.unit.platform_provider.doubles import ApiDouble, call
from tests.unit.platform_provider.samples import KIND_INPUTS

LOADED = {"kind.local/a:1": f"sha256:{'1' * 64}", "kind.local/b:1": f"sha256:{'2' * 64}"}
WITH_IMAGES = {**KIND_INPUTS, "loadedImages": LOADED}
TWO = {**KIND_INPUTS, "nodes": [*KIND_INPUTS["nodes"], {"role": "worker"}]}


class LifecycleDouble:
    """A machine on which the cluster is there, or not."""

    there = True
    lost: frozenset[str] = frozenset()
    looked = 0

    def lacking(self, inputs: Any) -> frozenset[str]:
        self.looked += 1
        return self.lost

    def roles(self) -> list[tuple[str, str]]:
        return [("control-plane", "i")]

    def resume(self, inputs: Any) -> Made | None:
        return Made("private", 1) if self.there else None

    def create(self, inputs: Any, digest: str) -> Made:
        return Made("private", 1)


class KeepersDouble(Keepers):
    """Remembers whose relays are to be kept."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def keep(self, cache: Cache, cluster: str) -> None:
        self.kept.append(cluster)


def _cluster() -> KindCluster:
    return KindCluster(KeepersDouble())


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
        ({"loadedImages": LOADED}, ()),
        ({}, ()),
    ],
)
def test_only_images_can_change_under_a_running_cluster(
    lifecycle: LifecycleDouble, changed: dict[str, Any], replacing: tuple[str, ...]
) -> None:
    found = _cluster().diff(call(ApiDouble()), "a", KIND_INPUTS, {**KIND_INPUTS, **changed})
    assert found.replacing == replacing
    assert found.changed == tuple(changed)


def test_a_cluster_that_somebody_removed_is_made_anew(lifecycle: LifecycleDouble) -> None:
    lifecycle.there = False
    found = _cluster().diff(call(ApiDouble()), "a", KIND_INPUTS, KIND_INPUTS)
    assert found.replacing == ("name",)


def test_the_relay_of_a_cluster_that_was_made_or_found_is_kept(lifecycle: LifecycleDouble) -> None:
    keepers = KeepersDouble()
    cluster = KindCluster(keepers)
    cluster.create(call(ApiDouble()), KIND_INPUTS)
    cluster.diff(call(ApiDouble()), "found", KIND_INPUTS, KIND_INPUTS)
    cluster.read(call(ApiDouble()), "looked-at", KIND_INPUTS, {})
    lifecycle.there = False
    cluster.diff(call(ApiDouble()), "gone", KIND_INPUTS, KIND_INPUTS)
    cluster.read(call(ApiDouble()), "gone", KIND_INPUTS, {})
    assert keepers.kept == [KIND_INPUTS["name"], "found", "looked-at"]


def test_nodes_that_are_there_are_no_drift() -> None:
    roles = [("control-plane", "i"), ("worker", "i")]
    assert with_actual_nodes(TWO, read_inputs(TWO), roles) == TWO


def test_a_node_that_somebody_removed_is_drift() -> None:
    assert with_actual_nodes(TWO, read_inputs(TWO), [("control-plane", "i")]) == KIND_INPUTS


def test_an_image_that_a_node_lost_is_loaded_again(lifecycle: LifecycleDouble) -> None:
    assert _cluster().diff(call(ApiDouble()), "a", WITH_IMAGES, WITH_IMAGES).changed == ()
    lifecycle.lost = frozenset({"kind.local/a:1"})
    found = _cluster().diff(call(ApiDouble()), "a", WITH_IMAGES, WITH_IMAGES)
    assert (found.changed, found.replacing) == (("loadedImages",), ())


def test_nodes_are_not_asked_about_images_where_none_is_loaded(lifecycle: LifecycleDouble) -> None:
    _cluster().diff(call(ApiDouble()), "a", KIND_INPUTS, KIND_INPUTS)
    _cluster().diff(call(ApiDouble()), "a", KIND_INPUTS, WITH_IMAGES)
    assert lifecycle.looked == 0


def test_a_look_at_the_cluster_tells_which_images_its_nodes_have(lifecycle: LifecycleDouble) -> None:
    lifecycle.lost = frozenset({"kind.local/a:1"})
    found = _cluster().read(call(ApiDouble()), "a", WITH_IMAGES, {})
    assert found is not None
    assert found.inputs == {**KIND_INPUTS, "loadedImages": {"kind.local/b:1": LOADED["kind.local/b:1"]}}
    assert found.outputs == {"kubeconfig": "private", "endpoint": "https://127.0.0.1:1"}


def test_inputs_without_images_to_load_stay_as_they_are() -> None:
    assert with_actual_images(KIND_INPUTS, {"kind.local/a:1"}) == KIND_INPUTS
