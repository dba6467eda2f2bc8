"""Bringing images to engines that run: only what they lack is sent."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.images.loading import bring_images, ensure_node_image, load_image
from tests.unit.images.doubles import DockerDouble, small_image

NODE = "docker.io/kindest/node:v1.34.4"


@pytest.fixture
def docker(tmp_path: Path) -> DockerDouble:
    return DockerDouble(tmp_path / "docker")


def test_an_image_that_docker_knows_is_not_sent(cache: Cache, docker: DockerDouble) -> None:
    image = small_image(cache, NODE, "1")
    docker.answer("image inspect", f"{image.config.digest}\n")
    load_image(image, docker.endpoint, cache)

    assert [line.split()[:2] for line in docker.asked] == [["image", "inspect"]]


def test_an_image_that_docker_names_by_its_manifest_is_known_too(cache: Cache, docker: DockerDouble) -> None:
    image = small_image(cache, NODE, "1")
    docker.answer("image inspect", f"{image.manifest.digest}\n")
    load_image(image, docker.endpoint, cache)

    assert not docker.received.exists()


def test_an_image_that_docker_lacks_is_sent_whole(cache: Cache, docker: DockerDouble) -> None:
    docker.answer("image inspect", status=1, errors="Error: No such image")
    load_image(small_image(cache, NODE, "1", "2"), docker.endpoint, cache)

    with tarfile.open(docker.received) as archive:
        assert sum(name.startswith("blobs/") for name in archive.getnames()) == 4
    assert docker.asked[-1] == "load --quiet"


def test_what_had_the_name_before_is_removed_and_one_in_use_is_left(
    cache: Cache, docker: DockerDouble
) -> None:
    docker.answer("image inspect", "sha256:0123\n")
    docker.answer("image rm", status=1, errors="conflict: image is being used by running container")
    load_image(small_image(cache, NODE, "1"), docker.endpoint, cache)

    assert docker.asked[-1] == "image rm sha256:0123"


def test_an_image_that_docker_refuses_is_named_with_docker_s_words(
    cache: Cache, docker: DockerDouble
) -> None:
    docker.answer("image inspect", status=1)
    docker.answer("load", status=1, errors="open /var/lib/docker/tmp: no space left on device\n")

    with pytest.raises(PlatformError) as caught:
        load_image(small_image(cache, NODE, "1"), docker.endpoint, cache)

    assert str(caught.value) == (
        f"images were refused\n  seen: {NODE}\n  why:  open /var/lib/docker/tmp: no space left on device"
    )


def test_a_node_image_that_was_not_built_is_left_to_be_pulled(cache: Cache, docker: DockerDouble) -> None:
    ensure_node_image("kindest/node:v1.34.4", docker.endpoint, cache)
    ensure_node_image("kindest/node:v1.33.0@sha256:" + "0" * 64, docker.endpoint, cache)

    assert docker.asked == []


def test_layers_that_a_node_has_are_not_sent_again(cache: Cache, docker: DockerDouble) -> None:
    image = small_image(cache, "example.com/one:v1", "shared", "own")
    docker.answer("images ls", "REF TYPE DIGEST SIZE PLATFORMS LABELS\n")
    docker.answer("content ls", f"{image.layers[0].digest}\n")
    brought = bring_images([image], "node-1", docker.endpoint, cache)

    assert brought == ["example.com/one:v1"]
    with tarfile.open(docker.received) as archive:
        names = archive.getnames()
    assert f"blobs/{image.layers[0].digest.replace(':', '/')}" not in names
    assert f"blobs/{image.layers[1].digest.replace(':', '/')}" in names


def test_a_node_that_has_everything_is_sent_nothing(cache: Cache, docker: DockerDouble) -> None:
    image = small_image(cache, "example.com/one:v1", "1")
    docker.answer("images ls", f"REF TYPE DIGEST\n{image.reference} type {image.digest} 1 MiB\n")

    assert bring_images([image], "node-1", docker.endpoint, cache) == []
    assert not docker.received.exists()


def test_an_image_of_the_same_name_and_another_digest_is_brought(cache: Cache, docker: DockerDouble) -> None:
    image = small_image(cache, "example.com/one:v1", "new")
    docker.answer("images ls", f"REF TYPE DIGEST\n{image.reference} type sha256:0123 1 MiB\n")

    assert bring_images([image], "node-1", docker.endpoint, cache) == ["example.com/one:v1"]


def test_a_node_that_refuses_an_image_is_named_with_its_words(cache: Cache, docker: DockerDouble) -> None:
    docker.answer("images import", status=1, errors="ctr: content digest not found\n")

    with pytest.raises(PlatformError) as caught:
        bring_images([small_image(cache, "example.com/one:v1", "1")], "node-1", docker.endpoint, cache)

    assert caught.value.problems[0].why == "ctr: content digest not found"
