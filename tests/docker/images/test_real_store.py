"""A real store, prepared by the node image's own containerd on a real engine."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from components.catalog.images import CONTROL_PLANE, NODE
from machine.cache import Cache, remove_tree
from machine.docker import DockerEndpoint, engine_lease, ensure_engine, stop_engine_if_unused
from machine.images.build import build_images
from machine.images.loading import bring_images
from machine.images.oci import BuiltImage
from machine.images.store import clone_store, images_in, prepare_store, store_key
from machine.progress import Silent
from machine.toolchain import Toolchain

pytestmark = pytest.mark.docker
_NODE_NAME = "kserve-platform-test-store"
_START = "containerd >/tmp/log 2>&1 & until ctr version >/dev/null 2>&1; do sleep 0.05; done; "
Docker = Callable[..., str]


@pytest.fixture(scope="module")
def cache() -> Cache:
    """The user's own: the node image takes minutes to build."""
    return Cache.default()


@pytest.fixture(scope="module")
def images(cache: Cache) -> list[BuiltImage]:
    """The node image, then two small ones that share a layer."""
    small = [image for image in CONTROL_PLANE if "pause" in image.reference or "etcd" in image.reference]
    return build_images([NODE, *small], cache, Toolchain(cache, Silent()), Silent())


@pytest.fixture(scope="module")
def endpoint(cache: Cache) -> Iterator[DockerEndpoint]:
    with engine_lease(cache):
        yield ensure_engine(cache, Toolchain(cache, Silent()))
    stop_engine_if_unused(cache)


@pytest.fixture
def docker(endpoint: DockerEndpoint) -> Iterator[Docker]:
    """Runs docker; the container that a test starts is gone afterwards."""

    def run(*arguments: str) -> str:
        command = endpoint.command("docker", *arguments)
        return subprocess.run(
            command, env=endpoint.environment(), check=True, capture_output=True, text=True
        ).stdout

    yield run
    run("rm", "--force", "--volumes", _NODE_NAME)


@pytest.fixture
def clone(cache: Cache, images: list[BuiltImage], endpoint: DockerEndpoint) -> Iterator[Path]:
    node, *rest = images
    target = cache.path("clusters", _NODE_NAME, "containerd")
    clone_store(prepare_store(node, rest, endpoint, cache, Silent()), target)
    yield target
    remove_tree(target.parent)


def test_a_node_with_a_clone_has_every_image_whole_and_unpacked(
    clone: Path, images: list[BuiltImage], docker: Docker
) -> None:
    options = ("--rm", "--privileged", f"--name={_NODE_NAME}", f"--volume={clone}:/var/lib/containerd")
    check = f"{_START} ctr --namespace k8s.io images check; ctr --namespace k8s.io images ls"
    said = docker("run", *options, "--entrypoint=/bin/bash", images[0].reference, "-c", check)
    checked = {row[0]: (row[3], row[-1]) for row in map(str.split, said.splitlines()) if len(row) > 7}

    for image in images[1:]:
        assert f"{image.digest}" in said
        assert checked[image.reference] == ("complete", "true")


def test_layers_in_a_clone_are_the_very_files_of_the_store(
    cache: Cache, clone: Path, images: list[BuiltImage]
) -> None:
    """Not always the cache's: a blob may have been made again since the store was."""
    store = cache.path("stores", store_key(images[0], images[1:]))
    content = clone / "io.containerd.content.v1.content" / "blobs"
    layers = {layer for image in images_in(clone) for layer in image.layers}

    assert layers == {layer for image in images[1:] for layer in image.layers}
    for layer in layers:
        digest = layer.digest.removeprefix("sha256:")
        blob = content / "sha256" / digest
        assert blob.samefile(store / blob.relative_to(clone))


def test_a_running_node_is_given_what_it_lacks_and_nothing_twice(
    cache: Cache, endpoint: DockerEndpoint, images: list[BuiltImage], docker: Docker
) -> None:
    options = ("--detach", "--privileged", f"--name={_NODE_NAME}", "--volume=/var/lib/containerd")
    docker("run", *options, "--entrypoint=/bin/bash", images[0].reference, "-c", f"{_START} wait")
    docker("exec", _NODE_NAME, "bash", "-c", "until ctr version >/dev/null 2>&1; do sleep 0.05; done")

    first = bring_images(images[1:], _NODE_NAME, endpoint, cache)

    assert first == [image.reference for image in images[1:]]
    assert bring_images(images[1:], _NODE_NAME, endpoint, cache) == []
