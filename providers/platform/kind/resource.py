"""KindCluster: the lifecycle as the engine drives it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from machine.docker.keeping import Keepers
from providers.platform.kind.inputs import KINDNET, KindInputs, read_inputs
from providers.platform.kind.places import UPDATABLE, digest_of
from providers.platform.kind.presence import stands
from providers.platform.resource import Call, Difference, Found, Resource, Values

if TYPE_CHECKING:
    from providers.platform.kind.lifecycle import KindLifecycle

_DEFAULTS = {"network": KINDNET, "lowRequests": False}


class KindCluster(Resource):
    """A kind cluster on this machine.

    Whoever looks at it brings it back first if it is merely stopped (a reboot, a crashed engine): nothing
    that is installed on it could be previewed, refreshed or updated otherwise.
    """

    computed = lasting = ("kubeconfig", "endpoint")
    secret = ("kubeconfig",)

    def __init__(self, keepers: Keepers | None = None) -> None:
        self._keepers = keepers or Keepers()

    def check(self, inputs: Mapping[str, Any]) -> Values:
        given = {name: value for name, value in inputs.items() if value is not None}
        read_inputs(given)
        return {**_DEFAULTS, **given}

    def diff(self, call: Call, identity: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
        found = super().diff(call, identity, old, new)
        replacing = tuple(name for name in found.changed if name not in UPDATABLE)
        if replacing:
            return Difference(found.changed, replacing)
        if not self._is_there(call, read_inputs(old)):
            # Gone behind the engine's back: everything on it is gone as well.
            return Difference((*found.changed, "name"), ("name",))
        self._keepers.keep(call.work.cache, identity)
        wanted = read_inputs(new)
        lost = wanted.loaded_images and "loadedImages" not in found.changed
        if lost and _lifecycle(call, identity).lacking(wanted):
            return Difference((*found.changed, "loadedImages"))
        return found

    def _is_there(self, call: Call, wanted: KindInputs) -> bool:
        return stands(call.work.cache, wanted) or _lifecycle(call, wanted.name).resume(wanted) is not None

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        wanted = read_inputs(inputs)
        made = _lifecycle(call, wanted.name).create(wanted, digest_of(inputs))
        self._keepers.keep(call.work.cache, wanted.name)
        return wanted.name, made.outputs()

    def read(self, call: Call, identity: str, inputs: Values, outputs: Values) -> Found | None:
        lifecycle = _lifecycle(call, identity)
        wanted = read_inputs(inputs)
        made = lifecycle.resume(wanted)
        if made is None:
            return None
        self._keepers.keep(call.work.cache, identity)
        there = with_actual_nodes(inputs, wanted, lifecycle.roles())
        return Found(with_actual_images(there, lifecycle.lacking(wanted)), made.outputs())

    def update(self, call: Call, identity: str, old: Values, new: Values, outputs: Values) -> Values:
        _lifecycle(call, identity).update_images(read_inputs(new))
        return {name: outputs[name] for name in self.computed}

    def delete(self, call: Call, identity: str, inputs: Values, outputs: Values) -> None:
        _lifecycle(call, identity).delete()


def with_actual_nodes(inputs: Mapping[str, Any], wanted: KindInputs, roles: list[tuple[str, str]]) -> Values:
    """Inputs that describe the nodes that are there: the wanted ones, less those that were removed.

    Args:
        inputs: Inputs as the state has them.
        wanted: The same, read.
        roles: Role and image of every node that is there.
    """
    left = [role for role, _ in roles]
    if sorted(left) == sorted(node.role for node in wanted.nodes):
        return dict(inputs)
    kept = []
    for node in inputs["nodes"]:
        if node["role"] in left:
            left.remove(node["role"])
            kept.append(node)
    return {**inputs, "nodes": kept}


def with_actual_images(inputs: Mapping[str, Any], lacking: Collection[str]) -> Values:
    """Inputs without the loaded images that some node lacks.

    Args:
        inputs: Inputs as the state has them.
        lacking: References of those images.
    """
    images = inputs.get("loadedImages")
    if not images:
        return dict(inputs)
    return {**inputs, "loadedImages": {name: images[name] for name in images if name not in lacking}}


def _lifecycle(call: Call, name: str) -> KindLifecycle:
    # Late: every pulumi command starts this plugin, and few of them make a cluster.
    from providers.platform.kind.lifecycle import KindLifecycle

    return KindLifecycle(call.work, name)
