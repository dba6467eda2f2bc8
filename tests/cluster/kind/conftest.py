"""Real kind clusters in a cache of the tests' own, which borrows only what was built from the user's."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from components.catalog.images import CONTROL_PLANE, NODE
from machine.cache import Cache, remove_tree
from machine.docker import engine_lease, ensure_engine, stop_engine
from machine.docker.ports import free_port
from machine.docker.private import PrivateEngine
from machine.images.build import build_images
from machine.images.store import DESCRIPTION, images_in, prepare_store
from machine.progress import Silent
from machine.toolchain import Toolchain
from providers.platform.api import FAILURES, Api
from providers.platform.kind.resource import KindCluster
from providers.platform.resource import Call, Values
from providers.platform.work import Work

_BORROWED = ("tools", "debian", "images", "go", "stores", "rendered")
_SERVED_SECONDS = 90.0
_SYSTEM_PODS = 6
"""API server, controller manager, scheduler, etcd, kube-proxy, CoreDNS."""


@dataclass
class Clusters:
    """A machine's worth of clusters.

    Attributes:
        cache: The tests' own.
        store: Key of a store that holds the control plane's images.
        node_image: Reference of the node image.
        notes: What was told in the status column.
    """

    cache: Cache
    store: str
    node_image: str
    notes: list[str] = field(default_factory=list)
    connections: list[Api] = field(default_factory=list)
    engine: PrivateEngine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = PrivateEngine(self.cache)

    def call(self) -> Call:
        work = Work(self.cache, self.notes.append, threading.Event())
        return Call(work, lambda: pytest.fail("a cluster needs no provider configuration"))

    def inputs(self, name: str, workers: int = 0, **more: Any) -> Values:
        mapping = {"hostPort": free_port(), "containerPort": 30080}
        nodes: list[dict[str, Any]] = [{"role": "control-plane", "extraPortMappings": [mapping]}]
        nodes += [{"role": "worker"} for _ in range(workers)]
        return KindCluster().check(
            {
                "name": name,
                "kubernetesVersion": "1.34.4",
                "nodeImage": self.node_image,
                "imageStore": self.store,
                "network": "bridge",
                "lowRequests": True,
                "nodes": nodes,
                **more,
            }
        )

    def create(self, inputs: Values) -> Values:
        return KindCluster().create(self.call(), inputs)[1]

    def connect(self, outputs: Values) -> Api:
        """Speak to a cluster as its user does."""
        self.connections.append(Api(outputs["kubeconfig"], None, threading.Event()))
        return self.connections[-1]

    def docker(self, *arguments: str) -> str:
        """Ask the engine behind everybody's back."""
        command = [str(self.engine.folder / "bin" / "docker"), *arguments]
        environment = self.engine.endpoint().environment()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def delete(self, name: str) -> None:
        KindCluster().delete(self.call(), name, {}, {})


def wait_for(what: str, holds: Callable[[], bool], seconds: float = _SERVED_SECONDS) -> None:
    """Wait until something holds on a cluster; an API server that is away for a moment is no answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except FAILURES:
            pass
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.3)


def kill_and_wait(pid: int) -> None:
    """Kill a process and return once it is gone."""
    with suppress(ProcessLookupError):  # its parent's end took it along
        os.kill(pid, signal.SIGKILL)
    wait_for(f"the end of {pid}", lambda: _is_gone(pid), 10)


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="session")
def images() -> tuple[str, str]:
    """What `images_of_tests` returns."""
    return images_of_tests()


def images_of_tests() -> tuple[str, str]:
    """Key of a store with the control plane's images, and the node image's reference."""
    cache = Cache.default()
    toolchain = Toolchain(cache, Silent())
    node, *rest = build_images((NODE, *CONTROL_PLANE), cache, toolchain, Silent())
    wanted = {(image.reference, image.digest) for image in rest}
    for store in sorted(cache.folder("stores").iterdir()):
        # The store of a whole stack is as good, and there already where one has run.
        if (store / DESCRIPTION).exists() and wanted <= {(i.reference, i.digest) for i in images_in(store)}:
            return store.name, node.reference
    with engine_lease(cache):
        store = prepare_store(node, rest, ensure_engine(cache, toolchain), cache, Silent())
    return store.name, node.reference


@contextmanager
def machine_of_tests(images: tuple[str, str]) -> Iterator[Clusters]:
    """A machine of the tests' own, without a cluster yet; what is made on it goes with it."""
    users = Cache.default()
    # Beside the user's: image stores are cloned by hard links, which need one filesystem.
    root = Path(tempfile.mkdtemp(prefix="kp-", dir=users.root.parent))
    for name in _BORROWED:
        (root / name).symlink_to(users.folder(name))
    made = Clusters(Cache(root), *images)
    with pytest.MonkeyPatch.context() as patch:
        # The tests are of the private engine, also where the user has one.
        patch.setattr("machine.docker.engine.user_engine", lambda: None)
        try:
            yield made
        finally:  # also where a cluster of a wider fixture does not come up
            for api in made.connections:
                api.close()
            for name in [path.name for path in made.cache.folder("clusters").iterdir()]:
                made.delete(name)
            stop_engine(made.cache)
            for name in _BORROWED:
                (root / name).unlink()
            remove_tree(root)


@pytest.fixture
def clusters(images: tuple[str, str]) -> Iterator[Clusters]:
    """A machine of one test's own, with no cluster yet."""
    with machine_of_tests(images) as made:
        yield made


@dataclass
class Standing:
    """A cluster that tests share: each leaves it standing.

    Attributes:
        clusters: The machine.
        inputs: What it was made from.
        outputs: What came of it.
        api: Its API server, as its user reaches it.
        pods: Names of the system's pods that a whole cluster has.
    """

    clusters: Clusters
    inputs: Values
    outputs: Values
    api: Api
    pods: frozenset[str]


@pytest.fixture(scope="module")
def standing(images: tuple[str, str]) -> Iterator[Standing]:
    with machine_of_tests(images) as clusters:
        inputs = clusters.inputs("standing")
        outputs = clusters.create(inputs)
        api = clusters.connect(outputs)
        settle(api)
        yield Standing(clusters, inputs, outputs, api, frozenset(running_pods(api)))


def running_pods(api: Api) -> dict[str, str]:
    """Name of each pod of the system that is ready -> when its container started."""
    started = {}
    for pod in api.list_objects("v1", "Pod", "kube-system"):
        for container in pod["status"].get("containerStatuses") or []:
            if container["ready"]:
                started[pod["metadata"]["name"]] = container["state"]["running"]["startedAt"]
    return started


def settle(api: Api) -> None:
    """Return once all of the control plane runs."""
    wait_for("CoreDNS", lambda: dns_is_ready(api))
    wait_for("all pods", lambda: len(running_pods(api)) >= _SYSTEM_PODS)


def dns_is_ready(api: Api) -> bool:
    """Whether CoreDNS is, which is the last to be."""
    return any(name.startswith("coredns-") for name in running_pods(api))
