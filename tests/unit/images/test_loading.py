"""Bringing images to engines that run: only what they lack is sent."""

from __future__ import annotations

import signal
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.images import loading
from machine.images.loading import (
    bring_images,
    ensure_node_image,
    forget_built,
    lacking,
    load_image,
    snapshotter_of,
)
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


def test_what_a_node_has_lost_since_it_was_asked_is_sent_after_all(
    cache: Cache, docker: DockerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, send = small_image(cache, "example.com/one:v1", "left behind", "own"), loading._send
    docker.answer("content ls", f"{image.layers[0].digest}\n")
    docker.answer("images import", status=1, errors="ctr: content digest not found\n")

    def refused_once(*arguments: Any, **more: Any) -> None:
        try:
            send(*arguments, **more)
        finally:
            docker.answer("images import")

    monkeypatch.setattr(loading, "_send", refused_once)
    assert bring_images([image], "node-1", docker.endpoint, cache) == ["example.com/one:v1"]
    with tarfile.open(docker.received) as archive:
        assert f"blobs/{image.layers[0].digest.replace(':', '/')}" in archive.getnames()


def test_what_a_node_lacks_is_told_by_name_and_digest(docker: DockerDouble) -> None:
    docker.answer("images ls", "REF TYPE DIGEST\na:1 type sha256:01 1 MiB\nb:1 type sha256:02 1 MiB\n")
    wanted = {"a:1": "sha256:01", "b:1": "sha256:03", "c:1": "sha256:04"}

    assert lacking(wanted, "node-1", docker.endpoint) == ["b:1", "c:1"]
    assert docker.asked == ["exec node-1 ctr --namespace k8s.io images ls"]


def test_a_node_unpacks_images_with_what_its_own_configuration_names(
    cache: Cache, docker: DockerDouble
) -> None:
    docker.answer("config dump", '[plugins."io.containerd.cri.v1.images"]\nsnapshotter = "native"\n')
    bring_images([small_image(cache, "example.com/one:v1", "1")], "node-1", docker.endpoint, cache)

    into = "exec --interactive node-1 ctr --namespace k8s.io images import --snapshotter=native -"
    assert docker.asked[-1] == into


@pytest.mark.parametrize(
    ("configuration", "snapshotter"),
    [
        ('version = 3\n[plugins."io.containerd.cri.v1.images"]\nsnapshotter = "zfs"', "zfs"),
        ('version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\nsnapshotter = "native"', "native"),
        ('version = 3\n[plugins."io.containerd.cri.v1.images"]\nimage_pull_progress = "5m"', "overlayfs"),
        ("plugins = 1", "overlayfs"),
        ("containerd: command not found", "overlayfs"),
    ],
)
def test_the_snapshotter_is_read_where_each_version_of_containerd_keeps_it(
    configuration: str, snapshotter: str
) -> None:
    assert snapshotter_of(configuration) == snapshotter


def test_an_import_ends_when_the_user_asks_to_stop(cache: Cache, docker: DockerDouble) -> None:
    class Enough(PlatformError):
        """Somebody pressed Ctrl-C."""

    def stop() -> None:
        raise Enough.single("enough")

    with pytest.raises(Enough):
        bring_images([small_image(cache, "a:1", "1")], "node-1", docker.endpoint, cache, go_on=stop)

    assert not docker.received.exists()


def test_an_import_that_nobody_takes_ends_when_the_user_asks_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Docker leaves one whose containerd was killed: no end, and a pipe that is never emptied."""
    monkeypatch.setattr(loading, "_ASKED_EVERY_SECONDS", 0.02)
    asked = iter(range(10))

    def stop() -> None:
        if next(asked) > 3:
            raise PlatformError.single("enough")

    def write_all() -> None:
        with loading._watched(process, stop), suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.write(bytes(1 << 20))

    with (
        subprocess.Popen(["sleep", "60"], stdin=subprocess.PIPE, start_new_session=True) as process,
        pytest.raises(PlatformError, match="enough"),
    ):
        write_all()
    assert process.returncode == -signal.SIGTERM


def test_an_import_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_ASKED_EVERY_SECONDS", 0.02)
    monkeypatch.setattr(loading, "_SEND_SECONDS", 0.1)
    with (
        subprocess.Popen(["sleep", "60"], start_new_session=True) as process,
        pytest.raises(PlatformError, match="images were not taken within 0 s"),
        loading._watched(process, lambda: None),
    ):
        process.wait()


def test_a_node_image_of_ours_leaves_its_name_to_upstreams(docker: DockerDouble) -> None:
    docker.answer("image inspect", "k8s.io/kubernetes@v1.34.4\n")
    forget_built(NODE, docker.endpoint)

    assert docker.asked[-1] == f"image rm --force {NODE}"


@pytest.mark.parametrize(("label", "status"), [("\n", 0), ("", 1)])
def test_upstreams_node_image_keeps_its_name_and_an_absent_one_is_fine(
    docker: DockerDouble, label: str, status: int
) -> None:
    docker.answer("image inspect", label, status=status)
    forget_built(NODE, docker.endpoint)

    assert [line.split()[:2] for line in docker.asked] == [["image", "inspect"]]
