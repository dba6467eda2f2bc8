"""Images given to running nodes: each once, again where they are missing, from the cache only."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.images.oci import BuiltImage
from providers.platform.kind.inputs import KindInputs, read_inputs
from providers.platform.kind.loading import lacking_images, load_images
from providers.platform.work import Cancelled, Work
from tests.unit.images.doubles import DockerDouble, small_image
from tests.unit.platform_provider.samples import KIND_INPUTS

REFERENCE = "kind.local/kserve-platform/torchserve:0.12.0"
HEAD = "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def image(cache: Cache) -> BuiltImage:
    return small_image(cache, REFERENCE, "1")


@pytest.fixture
def docker(tmp_path: Path) -> DockerDouble:
    return DockerDouble(tmp_path / "docker")


@pytest.fixture
def work(cache: Cache) -> Work:
    return Work(cache, lambda text: None, threading.Event())


def inputs_with(images: dict[str, str], workers: int = 0) -> KindInputs:
    nodes: list[Any] = [*KIND_INPUTS["nodes"], *({"role": "worker"} for _ in range(workers))]
    return read_inputs({**KIND_INPUTS, "nodes": nodes, "loadedImages": images})


def imports(docker: DockerDouble) -> list[str]:
    """The nodes that something was imported into."""
    return [line.split()[2] for line in docker.asked if "images import" in line]


def test_every_node_is_given_the_image(docker: DockerDouble, work: Work, image: BuiltImage) -> None:
    docker.answer("images ls", HEAD)
    load_images(work, docker.endpoint, inputs_with({REFERENCE: image.digest}, workers=1))

    assert imports(docker) == ["a-control-plane", "a-worker"]


def test_a_run_that_was_cut_off_goes_on_with_the_nodes_that_lack_it(
    docker: DockerDouble, work: Work, image: BuiltImage
) -> None:
    docker.answer("a-control-plane ctr --namespace k8s.io images ls", f"{HEAD}{REFERENCE} t {image.digest} 1")
    docker.answer("a-worker ctr --namespace k8s.io images ls", HEAD)
    load_images(work, docker.endpoint, inputs_with({REFERENCE: image.digest}, workers=1))

    assert imports(docker) == ["a-worker"]


def test_without_images_to_load_no_node_is_asked(docker: DockerDouble, work: Work) -> None:
    load_images(work, docker.endpoint, inputs_with({}))

    assert lacking_images(docker.endpoint, inputs_with({})) == frozenset()
    assert docker.asked == []


def test_an_image_that_is_not_in_the_cache_is_told_before_any_node_is_asked(
    docker: DockerDouble, work: Work
) -> None:
    digest = f"sha256:{'0' * 64}"
    with pytest.raises(PlatformError) as refused:
        load_images(work, docker.endpoint, inputs_with({REFERENCE: digest}))

    assert str(refused.value) == (
        "An image for the nodes is not in the cache\n"
        f"  seen: {REFERENCE}@{digest}\n"
        "  why:  It was built in another cache, or this one was cleared since.\n"
        "  do:   Run `make up`, which builds it first."
    )
    assert docker.asked == []


def test_loading_ends_when_the_user_asks_to_stop(docker: DockerDouble, work: Work, image: BuiltImage) -> None:
    docker.answer("images ls", HEAD)
    work.cancelled.set()
    with pytest.raises(Cancelled):
        load_images(work, docker.endpoint, inputs_with({REFERENCE: image.digest}))

    assert not docker.received.exists()


def test_what_any_node_lacks_is_lacking(docker: DockerDouble) -> None:
    digest = f"sha256:{'1' * 64}"
    docker.answer("a-control-plane ctr --namespace k8s.io images ls", f"{HEAD}{REFERENCE} t {digest} 1")
    docker.answer("a-worker ctr --namespace k8s.io images ls", HEAD)

    assert lacking_images(docker.endpoint, inputs_with({REFERENCE: digest})) == frozenset()
    assert lacking_images(docker.endpoint, inputs_with({REFERENCE: digest}, workers=1)) == {REFERENCE}


def test_a_node_that_does_not_answer_is_no_news(docker: DockerDouble) -> None:
    docker.answer("images ls", status=1, errors="ctr: failed to dial containerd.sock")

    assert lacking_images(docker.endpoint, inputs_with({REFERENCE: f"sha256:{'1' * 64}"})) == frozenset()
