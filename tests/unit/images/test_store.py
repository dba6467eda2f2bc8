"""Stores and their clones: keys, hard links, databases, order of unpacking."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.images.oci import BuiltImage
from machine.images.store import (
    DESCRIPTION,
    clone_store,
    images_in,
    import_missing,
    prepare_store,
    store_key,
)
from tests.unit.images.doubles import DockerDouble, RecordingReporter, small_image

META = Path("io.containerd.metadata.v1.bolt", "meta.db")
SNAPSHOTS = Path("io.containerd.snapshotter.v1.overlayfs")
TOOL = SNAPSHOTS / "snapshots/1/fs/bin/tool"
FILES = {META: "meta", SNAPSHOTS / "metadata.db": "snapshots", TOOL: "x"}


@pytest.fixture
def node(cache: Cache) -> BuiltImage:
    return small_image(cache, "docker.io/kindest/node:v1.34.4", "node")


@pytest.fixture
def docker(tmp_path: Path) -> DockerDouble:
    return DockerDouble(tmp_path / "docker")


def make_store(cache: Cache, key: str, images: list[BuiltImage]) -> Path:
    """A folder as containerd leaves it."""
    store = cache.folder("stores", key)
    for path, text in {
        META: "meta",
        SNAPSHOTS / "metadata.db": "snapshots",
        SNAPSHOTS / "snapshots/1/fs/bin/tool": "x",
    }.items():
        (store / path).parent.mkdir(parents=True, exist_ok=True)
        (store / path).write_text(text)
    rows = [asdict(image) for image in images]
    (store / DESCRIPTION).write_text(json.dumps({"containerd": "debian/containerd@1.6", "images": rows}))
    return store


def test_a_store_is_named_by_what_is_in_it_and_not_by_the_order(cache: Cache, node: BuiltImage) -> None:
    one, two = small_image(cache, "example.com/one:v1", "1"), small_image(cache, "example.com/two:v1", "2")

    assert store_key(node, [one, two]) == store_key(node, [two, one])
    assert store_key(node, [one, two]) != store_key(node, [one])
    assert store_key(node, [one]) != store_key(node, [small_image(cache, "example.com/one:v1", "3")])


def test_another_containerd_makes_another_store(cache: Cache, node: BuiltImage) -> None:
    other = small_image(cache, "docker.io/kindest/node:v1.34.4", "another node")

    assert store_key(node, []) != store_key(other, [])


def test_a_clone_shares_the_files_and_has_databases_of_its_own(cache: Cache, tmp_path: Path) -> None:
    store = make_store(cache, "key", [])
    target = cache.path("clusters", "a", "containerd")
    clone_store(store, target)

    assert (store / TOOL).samefile(target / TOOL)
    (target / META).write_text("changed by a node")
    (target / SNAPSHOTS / "metadata.db").write_text("changed by a node")
    read = [(store / path).read_text() for path in (META, SNAPSHOTS / "metadata.db")]
    assert read == ["meta", "snapshots"]


def test_a_clone_replaces_what_a_killed_run_left(cache: Cache) -> None:
    store = make_store(cache, "key", [])
    target = cache.folder("clusters", "a", "containerd")
    (target / "left").write_text("by a killed run")
    clone_store(store, target)

    assert not (target / "left").exists()
    assert [path.name for path in target.parent.iterdir()] == ["containerd"]


def test_a_removed_file_of_a_clone_stays_in_the_store(cache: Cache) -> None:
    store = make_store(cache, "key", [])
    target = cache.path("clusters", "a", "containerd")
    clone_store(store, target)
    (target / TOOL).unlink()

    assert (store / TOOL).read_text() == "x"


def test_a_store_that_is_not_there_is_named_with_what_to_do(cache: Cache) -> None:
    store = cache.path("stores", "gone")

    with pytest.raises(PlatformError) as caught:
        clone_store(store, cache.path("clusters", "a", "containerd"))

    assert str(caught.value) == (
        "the images of this cluster are not prepared\n"
        f"  seen: {store}\n"
        "  why:  The store was made in another cache, or removed.\n"
        "  do:   Run `make up`, which prepares it."
    )


def test_a_store_knows_its_images_whole(cache: Cache) -> None:
    images = [
        small_image(cache, "example.com/one:v1", "1"),
        small_image(cache, "example.com/two:v1", "1", "2"),
    ]

    assert images_in(make_store(cache, "key", images)) == images


def test_a_store_that_is_there_is_not_made_again(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    one = small_image(cache, "example.com/one:v1", "1")
    store = make_store(cache, store_key(node, [one]), [one])
    report = RecordingReporter()

    assert prepare_store(node, [one, one], docker.endpoint, cache, report) == store
    assert (report.steps, docker.asked) == ([], [])


def test_a_store_is_unpacked_in_the_node_image_with_no_network(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    one = small_image(cache, "example.com/one:v1", "1")
    store = prepare_store(node, [one], docker.endpoint, cache, RecordingReporter())
    (unpacking,) = [line for line in docker.asked if line.startswith("run ")]

    assert images_in(store) == [one]
    assert "--network=none" in unpacking
    assert node.reference in unpacking
    assert f"--expected-digest {one.layers[0].digest}" in unpacking
    assert [path.name for path in store.parent.iterdir()] == [store.name]


def test_only_changed_images_are_unpacked_over_the_nearest_store(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    old, kept = small_image(cache, "example.com/one:v1", "old"), small_image(cache, "example.com/two:v1", "2")
    first = make_store(cache, store_key(node, [old, kept]), [old, kept])
    described = json.loads((first / DESCRIPTION).read_text()) | {"containerd": node.digest}
    (first / DESCRIPTION).write_text(json.dumps(described))
    new = small_image(cache, "example.com/one:v1", "new")
    second = prepare_store(node, [new, kept], docker.endpoint, cache, RecordingReporter())
    (unpacking,) = [line for line in docker.asked if line.startswith("run ")]

    assert "images rm --sync example.com/one:v1" in unpacking
    assert new.layers[0].digest in unpacking
    assert kept.layers[0].digest not in unpacking
    assert (first / TOOL).samefile(second / TOOL)


def test_what_a_store_holds_is_not_rewritten_by_a_store_made_from_it(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    one, two = small_image(cache, "example.com/one:v1", "1"), small_image(cache, "example.com/two:v1", "2")
    first = prepare_store(node, [one, two], docker.endpoint, cache, RecordingReporter())
    for database in (META, SNAPSHOTS / "metadata.db"):
        (first / database).parent.mkdir(parents=True)
        (first / database).write_text("")
    second = prepare_store(node, [one], docker.endpoint, cache, RecordingReporter())

    assert (images_in(first), images_in(second)) == ([one, two], [one])


def test_an_image_that_cannot_be_unpacked_leaves_no_store(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    docker.answer("run --rm", status=1, errors="ctr: failed to extract layer: no space left on device\n")

    with pytest.raises(PlatformError) as caught:
        prepare_store(
            node, [small_image(cache, "example.com/one:v1", "1")], docker.endpoint, cache, RecordingReporter()
        )

    assert str(caught.value) == (
        "images could not be unpacked\n  why:  ctr: failed to extract layer: no space left on device"
    )
    assert list(cache.folder("stores").iterdir()) == []


def test_leftovers_of_killed_preparations_are_removed(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    (cache.folder("stores") / "0123.aside-abcd").mkdir()
    (cache.folder("stores") / "0123.aside-abcd.work").mkdir()
    store = prepare_store(node, [], docker.endpoint, cache, RecordingReporter())

    assert [path.name for path in cache.folder("stores").iterdir()] == [store.name]


def test_the_stores_used_last_are_kept_and_older_ones_go(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    for number in range(5):
        os.utime(make_store(cache, f"old{number}", []), (number, number))
    store = prepare_store(node, [], docker.endpoint, cache, RecordingReporter())

    assert sorted(path.name for path in cache.folder("stores").iterdir()) == sorted(
        [store.name, "old3", "old4"]
    )


def test_images_are_imported_one_after_the_other(
    cache: Cache, node: BuiltImage, docker: DockerDouble
) -> None:
    images = [small_image(cache, f"example.com/{name}:v1", name) for name in "abc"]
    prepare_store(node, images, docker.endpoint, cache, RecordingReporter())

    (script,) = [asked for asked in docker.asked if asked.startswith("run ")]
    imports = [line for line in script.split(";") if "images import" in line]
    assert re.findall(r"ctr images import \S+/(\d).tar >/dev/null", "\n".join(imports)) == [*"012"]


def test_images_that_a_running_node_lacks_are_brought_from_its_store(
    cache: Cache, docker: DockerDouble
) -> None:
    one, two = small_image(cache, "example.com/one:v1", "1"), small_image(cache, "example.com/two:v1", "2")
    store = make_store(cache, "key", [one, two])
    docker.answer("images ls", f"REF TYPE DIGEST SIZE\n{one.reference} type {one.digest} 1 MiB\n")
    import_missing(docker.endpoint, "node-1", store)

    into = "exec --interactive node-1 ctr --namespace k8s.io images import --snapshotter=overlayfs -"
    assert docker.asked[-1] == into
    assert two.digest.encode() in docker.received.read_bytes()
    assert one.digest.encode() not in docker.received.read_bytes()
