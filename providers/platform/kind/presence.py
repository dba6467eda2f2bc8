"""Whether a cluster simply stands there: asked in milliseconds, before every preview and every update."""

from __future__ import annotations

from machine.cache import Cache
from machine.docker.private import PrivateEngine
from machine.docker.relays import relay_runs
from providers.platform.kind.engine import CLUSTER_LABEL
from providers.platform.kind.inputs import KindInputs
from providers.platform.kind.places import ClusterPlaces


def stands(cache: Cache, inputs: KindInputs) -> bool:
    """Whether every node of a finished cluster runs on the private engine, and its relay as well.

    False means only that it is not known this way: the cluster may be stopped, gone, or on the user's engine.
    """
    private = PrivateEngine(cache)
    if ClusterPlaces(cache, inputs.name).finished() is None or private.pid() is None:
        return False
    if not private.api.answers():
        return False
    running = [
        container["Names"][0].lstrip("/")
        for container in private.api.containers()
        if container["Labels"].get(CLUSTER_LABEL) == inputs.name and container["State"] == "running"
    ]
    return sorted(running) == sorted(inputs.node_names()) and relay_runs(cache, inputs.name)
