"""The comparison: the same cluster, manifests and images, by kubectl apply and wait, one after another."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.objects import Layer, layers_of, namespaces_with_deployments
from command.display.board import Board
from command.endpoints import Endpoint
from command.prove import Sample, check_prediction
from machine.cache import Cache
from machine.process import CommandFailed, run
from machine.toolchain import Toolchain
from providers.platform.kind.inputs import KindInputs, read_inputs
from providers.platform.kind.lifecycle import KindLifecycle
from providers.platform.work import Work

NAME = "kserve-platform-baseline"
_WAIT = "300s"
_TRIES_SECONDS = 300.0
_PAUSE_SECONDS = 1.0


def measure(
    cache: Cache,
    resources: Sequence[Mapping[str, Any]],
    endpoint: Endpoint,
    sample: Sample,
    say: Callable[[str], None],
) -> dict[str, float]:
    """Make a cluster as the stack's, install its objects, ask for a prediction; seconds by layer.

    Args:
        cache: With the images of the stack.
        resources: Its exported state, taken while it was up. It must be down by now: the ports are the same.
        endpoint: Its service.
        sample: What to ask.
        say: Told of each layer.
    """
    inputs = kind_inputs(resources)
    lifecycle = KindLifecycle(Work(cache, lambda text: None, threading.Event()), NAME)
    lifecycle.delete()
    made = lifecycle.create(inputs, "baseline")
    kubectl = Toolchain(cache, Board([])).ensure("kubectl")["kubectl"]
    took: dict[str, float] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "kubeconfig"
            config.touch(mode=0o600)
            config.write_text(made.kubeconfig, encoding="utf-8")
            cluster = Cluster(kubectl, config, cache, Path(folder))
            for layer in layers_of(resources):
                began = time.monotonic()
                cluster.install(layer)
                took[layer.name] = time.monotonic() - began
                say(f"  {layer.name}: {took[layer.name]:.1f} s")
            began = time.monotonic()
            until(lambda: check_prediction(endpoint, sample).right)
            took["first right prediction"] = time.monotonic() - began
    finally:
        lifecycle.delete()
    return took


def kind_inputs(resources: Sequence[Mapping[str, Any]]) -> KindInputs:
    """The stack's cluster under another name."""
    cluster = next(one for one in resources if str(one["type"]).endswith(":index:KindCluster"))
    values = {key: value for key, value in cluster["inputs"].items() if not key.startswith("__")}
    return replace(read_inputs(values), name=NAME)


class Cluster:
    """kubectl on the comparison's cluster."""

    def __init__(self, kubectl: Path, config: Path, cache: Cache, folder: Path) -> None:
        self._kubectl = [str(kubectl), "--kubeconfig", str(config)]
        self._cache = cache
        self._folder = folder

    def install(self, layer: Layer) -> None:
        """Apply a layer as a person would: CRDs, wait, the rest, wait."""
        for path in layer.crds:
            file = self._cache.path(path)
            self._apply(file)
            until(partial(self._established, file))
        if not layer.objects:
            return
        file = self._folder / f"{layer.name}.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": layer.objects}))
        until(lambda: self._applied(file))
        for namespace in namespaces_with_deployments(layer.objects):
            self._wait(namespace, "deployments.apps", "condition=Available", "--all")
        for one in layer.objects:
            self._wait_for(one)

    def _established(self, file: Path) -> bool:
        """Whether CRDs are served. kubectl gives up at once on one whose conditions are null still (seen)."""
        try:
            self._call("wait", "--for=condition=Established", f"--timeout={_WAIT}", "--filename", str(file))
        except CommandFailed as failure:
            if "accessor error" not in failure.tail:
                raise
            return False
        return True

    def _wait_for(self, thing: Mapping[str, Any]) -> None:
        conditions = {
            "Job": "condition=Complete",
            "Gateway": "condition=Programmed",
            "InferenceService": "condition=Ready",
        }
        wanted = conditions.get(str(thing["kind"]))
        if wanted and not (thing["kind"] == "Gateway" and "istio" in str(thing["apiVersion"])):
            group = str(thing["apiVersion"]).partition("/")[0]
            resource = f"{str(thing['kind']).lower()}.{group}"
            metadata = thing["metadata"]
            self._wait(metadata["namespace"], resource, wanted, metadata["name"])

    def _wait(self, namespace: str, resource: str, wanted: str, which: str) -> None:
        self._call("wait", resource, which, "--namespace", namespace, f"--for={wanted}", f"--timeout={_WAIT}")

    def _applied(self, file: Path) -> bool:
        """Whether all was taken: a webhook that does not answer yet refuses, and a person tries again."""
        try:
            self._apply(file)
        except CommandFailed:
            return False
        return True

    def _apply(self, file: Path) -> None:
        self._call("apply", "--server-side", "--force-conflicts", "--filename", str(file))

    def _call(self, *arguments: str) -> str:
        return run([*self._kubectl, *arguments], timeout=600).output


def until(true: Callable[[], bool]) -> None:
    """Try until it is true.

    Raises:
        TimeoutError: It never was.
    """
    deadline = time.monotonic() + _TRIES_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_PAUSE_SECONDS)
