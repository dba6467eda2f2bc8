"""Stores: containerd roots with every image unpacked, made once, so that a node starts with its images.

A store is prepared inside the node image itself, by the very containerd that will use it. Its layers' bytes
are hard links into the blobs of the cache, so what is stored twice is only what containerd unpacked. A node
gets a clone of a store, again by hard links: nothing is loaded when a cluster is made.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from components.errors import PlatformError
from machine.cache import Cache, remove_leftovers, remove_tree, write_atomically
from machine.docker.endpoint import DockerEndpoint
from machine.docker.lease import engine_lease
from machine.images.blobs import Blob
from machine.images.loading import bring_images, ensure_node_image, load_image
from machine.images.oci import BuiltImage
from machine.images.unpacking import Work, end_unpacking, unpack
from machine.process import run
from machine.progress import Reporter

__all__ = ["clone_store", "ensure_node_image", "images_in", "import_missing", "prepare_store", "store_key"]

DESCRIPTION = "kserve-platform-images.json"
"""File of a store that says which images are in it."""

_DATABASES = (
    Path("io.containerd.metadata.v1.bolt", "meta.db"),
    Path("io.containerd.snapshotter.v1.overlayfs", "metadata.db"),
)
_KEPT = 3


def prepare_store(
    node_image: BuiltImage,
    images: Iterable[BuiltImage],
    endpoint: DockerEndpoint,
    cache: Cache,
    report: Reporter,
) -> Path:
    """Have a store with these images: the one that is there, or a new one out of the nearest.

    Args:
        node_image: The node image; its containerd unpacks the images.
        images: What pods on the node need.
        endpoint: Engine to run the node image on.
        cache: Where blobs and stores are.
        report: Told of the work.

    Returns:
        stores/<key>; the key names the images' digests and the containerd that unpacked them.

    Raises:
        PlatformError: An image cannot be unpacked; with containerd's own words.
    """
    chosen = sorted({image.reference: image for image in images}.values(), key=lambda image: image.reference)
    key = store_key(node_image, chosen)
    store = cache.path("stores", key)
    if not store.exists():
        _require_root()
        with (
            cache.lock("stores"),
            engine_lease(cache),
            report.step("unpack the images for the nodes", expected=20.0) as note,
        ):
            end_unpacking(endpoint, cache)
            _sweep(cache)
            load_image(node_image, endpoint, cache)
            nearest = _nearest(cache, node_image, chosen)
            note(f"{len(chosen)} images" + (f", on top of {nearest.name}" if nearest else ""))
            cache.produce(
                ("stores", key), lambda aside: _fill(aside, nearest, node_image, chosen, endpoint, cache)
            )
            _prune(cache, keep=key)
    os.utime(store)
    return store


def store_key(node_image: BuiltImage, images: Sequence[BuiltImage]) -> str:
    """Name a store by what is in it: the digests of its images, and the containerd that unpacked them."""
    lines = [_unpacker(node_image), *sorted(f"{image.reference}@{image.digest}" for image in images)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def clone_store(store: Path, target: Path) -> None:
    """Lay out a store for one node, whole or not at all; takes a fraction of a second.

    Layers and unpacked files are hard links: containerd and overlayfs never write into them. The two
    databases are copies.

    Args:
        store: From `prepare_store`.
        target: The node's containerd root, on the same filesystem. What is there is replaced: no node may
            use it.

    Raises:
        PlatformError: There is no such store, or it lies on another filesystem.
    """
    if not (store / DESCRIPTION).exists():
        raise PlatformError.single(
            "the images of this cluster are not prepared",
            seen=str(store),
            why="The store was made in another cache, or removed.",
            fix="Run `make up`, which prepares it.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target)
    aside = target.with_name(f"{target.name}.aside-{os.getpid()}")
    try:
        # cp, not os.link in a loop: it keeps owners, modes and extended attributes of the folders too.
        run(["cp", "--archive", "--link", store, aside])
        for database in _DATABASES:
            (aside / database).unlink()
            shutil.copy2(store / database, aside / database)
        remove_tree(target)
        os.replace(aside, target)
    finally:
        remove_tree(aside)


def import_missing(endpoint: DockerEndpoint, node: str, store: Path) -> None:
    """Bring the images that a store has and a running node lacks into that node.

    Args:
        endpoint: Engine that the node runs on.
        node: Name of its container.
        store: From `prepare_store`.

    Raises:
        PlatformError: The node's containerd refuses one, or does not answer.
    """
    bring_images(images_in(store), node, endpoint, Cache(store.parent.parent))


def images_in(store: Path) -> list[BuiltImage]:
    """The images that a store holds."""
    rows = json.loads((store / DESCRIPTION).read_text(encoding="utf-8"))["images"]
    return [
        BuiltImage(
            reference=row["reference"],
            digest=row["digest"],
            size=row["size"],
            origin=tuple(row["origin"]),
            manifest=Blob(**row["manifest"]),
            config=Blob(**row["config"]),
            layers=tuple(Blob(**layer) for layer in row["layers"]),
        )
        for row in rows
    ]


def _fill(
    aside: Path,
    nearest: Path | None,
    node_image: BuiltImage,
    images: Sequence[BuiltImage],
    endpoint: DockerEndpoint,
    cache: Cache,
) -> None:
    there: list[BuiltImage] = []
    if nearest is None:
        aside.mkdir(mode=0o711)
    else:
        clone_store(nearest, aside)
        there = images_in(nearest)
    wanted = {(image.reference, image.digest) for image in images}
    known = {(image.reference, image.digest) for image in there}
    missing = [image for image in images if (image.reference, image.digest) not in known]
    gone = [image.reference for image in there if (image.reference, image.digest) not in wanted]
    if missing or gone:
        try:
            unpack(Work(aside, missing, gone), node_image.reference, endpoint, cache)
        except PlatformError:
            if nearest is None:
                raise
            # Seen once with another run killed beside it: containerd missed a layer of the clone. What grew
            # from an earlier store is only a short cut; the long way stands on nothing but the blobs.
            remove_tree(aside)
            _fill(aside, None, node_image, images, endpoint, cache)
            return
    description = {"containerd": _unpacker(node_image), "images": [asdict(image) for image in images]}
    # Renamed into place: written into, it would change in every store that this one was cloned from.
    write_atomically(aside / DESCRIPTION, json.dumps(description, indent=1) + "\n")


def _nearest(cache: Cache, node_image: BuiltImage, images: Sequence[BuiltImage]) -> Path | None:
    """The store that shares the most bytes with the wanted one, unpacked by the same containerd."""
    layers = {layer for image in images for layer in image.layers}

    def shared(store: Path) -> int:
        held = {layer for image in images_in(store) for layer in image.layers}
        return sum(layer.size for layer in layers & held)

    candidates = [
        path.parent
        for path in cache.folder("stores").glob(f"*/{DESCRIPTION}")
        if json.loads(path.read_text(encoding="utf-8"))["containerd"] == _unpacker(node_image)
    ]
    best = max(candidates, key=shared, default=None)
    return best if best is not None and shared(best) else None


def _require_root() -> None:
    if os.geteuid() != 0:
        raise PlatformError.single(
            "images built here can be given to a node by root only",
            seen=f"user {os.geteuid()}",
            why="A node's containerd keeps files of every owner in a folder of the cache.",
            fix="Run the command as root, or set `images: pull` where a container registry can be reached.",
        )


def _sweep(cache: Cache) -> None:
    """Remove what killed preparations left; call with the lock of the stores held."""
    for leftover in cache.folder("stores").glob("*.aside-*"):
        remove_tree(leftover)


def _prune(cache: Cache, keep: str) -> None:
    """Drop all but the stores used last; nodes have their own links, and a dropped one can be made again."""
    stores = [path.parent for path in cache.folder("stores").glob(f"*/{DESCRIPTION}")]
    stores.sort(key=lambda store: store.stat().st_mtime, reverse=True)
    for store in [store for store in stores if store.name != keep][_KEPT - 1 :]:
        remove_tree(store)


def _unpacker(node_image: BuiltImage) -> str:
    """The containerd inside the node image, as its origin names it."""
    return next((name for name in node_image.origin if "/containerd@" in name), node_image.digest)
