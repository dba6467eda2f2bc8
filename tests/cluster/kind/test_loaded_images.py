"""Images that no registry has, on a real cluster: given to running nodes, used by pods, missed, kept."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from command.samples import choose_sample
from components.catalog.images import EXAMPLE_LOADED
from components.serving import mnist
from machine.cache import Cache
from machine.images import oci, tree
from machine.images.base import shell_layer
from machine.images.blobs import Blobs
from machine.images.build import build_images
from machine.images.layers import write_layer
from machine.images.loading import forget_built
from machine.images.oci import BuiltImage, Run
from machine.images.supplies import supplies_of
from machine.images.workshop import open_workshop
from machine.progress import Silent
from machine.toolchain import Toolchain
from providers.platform.api import Api
from providers.platform.kind.resource import KindCluster
from providers.platform.resource import Call, Incomplete, Values
from providers.platform.work import Work
from tests.cluster.kind.conftest import Clusters, machine_of_tests, wait_for

pytestmark = pytest.mark.cluster

NAME, NODES = "loaded", ("loaded-control-plane", "loaded-worker")
SERVER, MODEL = (image.reference for image in EXAMPLE_LOADED)
MEGABYTES = "kind.local/kserve-platform/test-megabytes:1"
_COUNT = 64
_CTR = ("ctr", "--namespace", "k8s.io")
_SERVES_SECONDS = 240.0
_HALF_WAY = 40  # of the pieces of a megabyte that an image of 64 of them is sent in


class Killed(threading.Event):
    """Ends its process once it was asked often enough whether to go on: amid an image's megabytes."""

    asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        if self.asked == _HALF_WAY:
            os.kill(os.getpid(), signal.SIGKILL)
        return False


@dataclass
class Loaded:
    """A cluster of two nodes that tests share; each says which images it has to have.

    Attributes:
        clusters: The machine.
        digests: Images to load, reference -> digest.
        inputs: What the cluster was asked to be at last.
        outputs: What came of it.
        api: Its API server.
    """

    clusters: Clusters
    digests: dict[str, str]
    inputs: Values
    outputs: Values
    api: Api

    def wanting(self, *references: str) -> Values:
        return {**self.inputs, "loadedImages": {name: self.digests[name] for name in references}}

    def changes(self, wanted: Values) -> tuple[str, ...]:
        found = KindCluster().diff(self.clusters.call(), NAME, self.inputs, wanted)
        assert found.replacing == ()
        return found.changed

    def update(self, wanted: Values) -> None:
        KindCluster().update(self.clusters.call(), NAME, self.inputs, wanted, self.outputs)
        self.inputs = wanted

    def have(self, *references: str) -> None:
        """Have these images on the nodes, whatever the test before left."""
        self.update(self.wanting(*references))

    def forget(self, reference: str, node: str) -> None:
        """Take an image from a node behind everybody's back."""
        self.clusters.docker("exec", node, *_CTR, "images", "rm", "--sync", reference)

    def run(self, name: str, node: str, **spec: Any) -> None:
        """Start a pod on a node."""
        metadata = {"name": name, "namespace": "default"}
        fixed = {"nodeName": node, "restartPolicy": "Never", "automountServiceAccountToken": False}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**fixed, **spec}}
        # The first minute of a cluster has no service accounts, and no pod is taken without.
        wait_for(f"the pod {name} is taken", lambda: bool(self.api.apply(pod, manager="test")))

    def status(self, name: str) -> dict[str, Any]:
        pod = self.api.get("v1", "Pod", "default", name)
        assert pod is not None
        return dict(pod["status"])


@contextmanager
def an_image_of_megabytes(cache: Cache, toolchain: Toolchain) -> Iterator[BuiltImage]:
    """An image with a layer that no node can have, and a shell to look at it; its blobs go again."""
    blobs = Blobs(cache)
    with open_workshop(cache, supplies_of(cache, toolchain), Silent()) as workshop:
        shell = workshop.layer(shell_layer())
    content = hashlib.shake_256(b"megabytes").digest(_COUNT << 20)
    layer = write_layer(blobs, [tree.file("megabytes", content)])
    look = Run(("/usr/bin/sh", "-c", f"test $(stat -c %s /megabytes) = {_COUNT << 20}"))
    image = oci.assemble(blobs, MEGABYTES, [("shell", shell.blob), ("megabytes", layer)], look, ["a test"])
    yield image
    for blob in (image.manifest, image.config, layer):
        blobs.path(blob).unlink()


@pytest.fixture(scope="module")
def loaded(images: tuple[str, str]) -> Iterator[Loaded]:
    cache = Cache.default()
    toolchain = Toolchain(cache, Silent())
    built = build_images(EXAMPLE_LOADED, cache, toolchain, Silent())
    with an_image_of_megabytes(cache, toolchain) as own:
        digests = {image.reference: image.digest for image in (*built, own)}
        yield from cluster_of(images, digests)


def cluster_of(images: tuple[str, str], digests: dict[str, str]) -> Iterator[Loaded]:
    with machine_of_tests(images) as clusters:
        inputs = clusters.inputs(NAME, workers=1, loadedImages={MODEL: digests[MODEL]})
        outputs = clusters.create(inputs)
        api = clusters.connect(outputs)
        request = choose_sample(Cache.default()).v1
        settings = {"config.properties": mnist.CONFIG.render(), "request.json": request}
        metadata = {"name": "settings", "namespace": "default"}
        told = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": settings}
        wait_for("the settings are taken", lambda: bool(api.apply(told, manager="test")))
        yield Loaded(clusters, digests, inputs, outputs, api)


VOLUMES = [{"name": "models", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "settings"}}]
MOUNTS = [{"name": "models", "mountPath": "/mnt/models"}, {"name": "settings", "mountPath": "/settings"}]


def putting_the_model() -> dict[str, Any]:
    return {
        "name": "load",
        "image": MODEL,
        "imagePullPolicy": "Never",
        "args": ["/mnt/models", "/settings/config.properties"],
        "volumeMounts": MOUNTS,
    }


def serving(digit: int) -> dict[str, Any]:
    """A container that is ready once the server sees the right digit, run as KServe's runtime runs it."""
    ask = "wget -q -O - --post-file=/settings/request.json http://127.0.0.1:8080/v1/models/mnist:predict"
    check = ["sh", "-c", f"{ask} | grep -E '\"predictions\": ?\\[{digit}\\]'"]
    return {
        "name": "kserve-container",
        "image": SERVER,
        "imagePullPolicy": "Never",
        "args": [
            "torchserve",
            "--start",
            "--model-store=/mnt/models/model-store",
            "--ts-config=/mnt/models/config/config.properties",
        ],
        "env": [{"name": "TS_SERVICE_ENVELOPE", "value": "kserve"}],
        "volumeMounts": MOUNTS,
        "readinessProbe": {"exec": {"command": check}, "periodSeconds": 2, "timeoutSeconds": 20},
    }


def is_ready(status: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


def test_an_image_of_a_new_cluster_runs_on_every_node(loaded: Loaded) -> None:
    for node in NODES:
        loaded.run(f"on-{node}", node, containers=[putting_the_model()], volumes=VOLUMES)
    for node in NODES:
        wait_for(f"the pod on {node}", lambda node=node: loaded.status(f"on-{node}")["phase"] == "Succeeded")  # type: ignore[misc]
    assert loaded.changes(loaded.inputs) == ()


def test_an_update_loads_what_it_adds_and_the_example_answers_from_it(loaded: Loaded) -> None:
    both = loaded.wanting(SERVER, MODEL)
    assert loaded.changes(both) == ("loadedImages",)
    loaded.update(both)
    digit = choose_sample(Cache.default()).digit
    init, serve = putting_the_model(), serving(digit)
    security = {"runAsUser": 1000, "runAsNonRoot": True, "fsGroup": 1000}
    parts = {"initContainers": [init], "containers": [serve], "volumes": VOLUMES, "securityContext": security}
    loaded.run("serving", "loaded-worker", **parts)
    wait_for("the right digit", lambda: is_ready(loaded.status("serving")), _SERVES_SECONDS)
    assert loaded.changes(both) == ()


def test_an_image_that_a_node_lost_is_noticed_and_loaded_again(loaded: Loaded) -> None:
    loaded.have(MODEL)
    loaded.forget(MODEL, "loaded-worker")
    assert loaded.changes(loaded.inputs) == ("loadedImages",)
    found = KindCluster().read(loaded.clusters.call(), NAME, loaded.inputs, loaded.outputs)
    assert found is not None
    assert found.inputs == {**loaded.inputs, "loadedImages": {}}
    loaded.have(MODEL)
    assert loaded.changes(loaded.inputs) == ()


def test_a_create_that_was_cut_off_while_it_loaded_goes_on_there(loaded: Loaded) -> None:
    loaded.have(MODEL)
    loaded.forget(MODEL, "loaded-control-plane")
    before = loaded.clusters.docker("ps", "--quiet")
    assert loaded.clusters.create(loaded.inputs) == loaded.outputs
    assert loaded.clusters.docker("ps", "--quiet") == before
    assert loaded.changes(loaded.inputs) == ()


def test_an_import_that_was_killed_half_way_is_done_again(loaded: Loaded) -> None:
    loaded.have(MODEL)
    both = loaded.wanting(MODEL, MEGABYTES)
    dying = Call(Work(loaded.clusters.cache, loaded.clusters.notes.append, Killed()), pytest.fail)
    arguments = (dying, NAME, loaded.inputs, both, loaded.outputs)
    run = multiprocessing.get_context("fork").Process(target=KindCluster().update, args=arguments)
    run.start()
    run.join(120)
    assert run.exitcode == -signal.SIGKILL
    assert loaded.changes(both) == ("loadedImages",)
    loaded.update(both)
    assert loaded.changes(both) == ()
    look = {"name": "look", "image": MEGABYTES, "imagePullPolicy": "Never"}
    loaded.run("megabytes", NODES[0], containers=[look])
    wait_for("the pod", lambda: loaded.status("megabytes")["phase"] == "Succeeded")


def test_a_cluster_whose_image_is_not_to_be_had_is_kept_with_the_reason(loaded: Loaded) -> None:
    lost = f"sha256:{'0' * 64}"
    before = loaded.clusters.docker("ps", "--quiet")
    with pytest.raises(Incomplete) as failed:
        loaded.clusters.create({**loaded.inputs, "loadedImages": {MODEL: lost}})
    assert (failed.value.identity, failed.value.outputs) == (NAME, loaded.outputs)
    assert [problem.seen for problem in failed.value.problems] == [f"{MODEL}@{lost}"]
    assert loaded.clusters.docker("ps", "--quiet") == before


def test_loaded_images_outlive_a_restart_of_their_node(loaded: Loaded) -> None:
    loaded.have(MODEL)
    loaded.clusters.docker("kill", "loaded-worker")
    assert loaded.changes(loaded.inputs) == ()
    loaded.run("after-restart", "loaded-worker", containers=[putting_the_model()], volumes=VOLUMES)
    wait_for("the pod", lambda: loaded.status("after-restart")["phase"] == "Succeeded")


def test_a_node_image_of_ours_gives_upstreams_name_back_under_running_nodes(loaded: Loaded) -> None:
    reference, endpoint = loaded.inputs["nodeImage"], loaded.clusters.engine.endpoint()
    assert loaded.clusters.docker("image", "inspect", "--format={{.Id}}", reference)
    forget_built(reference, endpoint)
    with pytest.raises(subprocess.CalledProcessError):
        loaded.clusters.docker("image", "inspect", reference)
    assert loaded.changes(loaded.inputs) == ()
