"""Real packages become images, twice the same bytes."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.catalog.images import CONTROL_PLANE, NODE
from components.catalog.recipes import Pause
from machine.cache import Cache
from machine.images.base import base_layer, shell_layer
from machine.images.blobs import Blobs
from machine.images.build import build_plans
from machine.images.oci import BUILT_HERE_LABEL, BuiltImage, Run
from machine.images.plan import ImagePlan, LayerPlan
from machine.images.recipes import plan_image
from machine.images.supplies import supplies_of
from machine.progress import Silent
from machine.toolchain import Toolchain

pytestmark = pytest.mark.build


@pytest.fixture
def caches(tmp_path: Path) -> Iterator[tuple[Cache, Cache]]:
    """Two empty caches that share the user's package archives and modules."""
    machine = Cache.default()
    pair = Cache(tmp_path / "one"), Cache(tmp_path / "two")
    for cache in pair:
        cache.folder()
        for name in ("debian", "go"):
            cache.path(name).symlink_to(machine.folder(name))
    yield pair
    for cache in pair:
        for name in ("debian", "go"):
            cache.path(name).unlink()


def build(cache: Cache, plan: ImagePlan) -> BuiltImage:
    (image,) = build_plans([plan], cache, supplies_of(cache, Toolchain(cache, Silent())), Silent())
    return image


def names(cache: Cache, image: BuiltImage) -> dict[str, tarfile.TarInfo]:
    found: dict[str, tarfile.TarInfo] = {}
    for layer in image.layers:
        with tarfile.open(Blobs(cache).path(layer)) as tar:
            found |= {member.name: member for member in tar}
    return found


def image_of(*layers: LayerPlan) -> ImagePlan:
    return ImagePlan("example.com/part:v1", layers, Run(("/bin/true",)))


def test_the_pause_image_is_the_same_from_two_caches_and_says_what_it_is(caches: tuple[Cache, Cache]) -> None:
    (pause,) = [image for image in CONTROL_PLANE if isinstance(image.recipe, Pause)]
    one, two = (build(cache, plan_image(pause)) for cache in caches)
    labels = json.loads(Blobs(caches[0]).read(one.config))["config"]["Labels"]

    assert one == two
    assert labels[BUILT_HERE_LABEL].startswith("debian/catatonit@")
    assert names(caches[0], one)["pause"].mode == 0o755


def test_the_base_of_go_images_has_certificates_users_and_a_tmp(caches: tuple[Cache, Cache]) -> None:
    image = build(caches[0], image_of(base_layer()))
    found = names(caches[0], image)

    assert image == build(caches[1], image_of(base_layer()))
    assert found["etc/ssl/certs/ca-certificates.crt"].size > 100_000
    assert found["tmp"].mode == 0o1777


def test_the_shell_is_one_program_with_links(caches: tuple[Cache, Cache]) -> None:
    found = names(caches[0], build(caches[0], image_of(shell_layer())))

    assert found["usr/bin/busybox"].size > 1_000_000
    assert found["usr/bin/sh"].linkname == "busybox"


def test_the_system_of_a_node_is_the_same_from_two_caches_and_starts_with_systemd(
    caches: tuple[Cache, Cache],
) -> None:
    system = plan_image(NODE).layers[0]
    one, two = (build(cache, image_of(system)) for cache in caches)
    found = names(caches[0], one)

    assert one == two
    assert found["usr/sbin/init"].linkname.endswith("systemd")
    assert found["usr/bin/containerd-shim-runc-v2"].mode == 0o755
    assert "usr/bin/containerd-shim-runc-v1" not in found
    assert found["etc/alternatives/iptables"].linkname == "/usr/sbin/iptables-nft"
    assert [name for name in found if name.startswith(("bin/", "lib/", "sbin/"))] == []


def test_kind_s_files_are_there_with_what_they_need(caches: tuple[Cache, Cache]) -> None:
    image = build(caches[0], image_of(plan_image(NODE).layers[2]))
    found = names(caches[0], image)

    assert image.origin[0].startswith("sigs.k8s.io/kind@")
    for name in ("usr/local/bin/entrypoint", "kind/version", "kind/manifests/default-storage.yaml"):
        assert found[name].size > 0
    assert found["usr/local/bin/entrypoint"].mode == 0o755
    assert found["opt/cni/bin"].linkname == "/usr/lib/cni"
