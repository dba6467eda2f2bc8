"""OCI images as values: config, manifest, index and archive are functions of layers and settings.

Nothing here knows where layers come from. An archive is read by `ctr images import` (by its index.json) and
by `docker load` (by its manifest.json); its blobs are named by their digests in both.
"""

from __future__ import annotations

import io
import json
import platform
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from machine.images.blobs import Blob, Blobs
from machine.images.layers import EPOCH

BUILT_HERE_LABEL = "io.kserve-platform.built-from"
"""Label of an image that this project built: the modules and packages that its programs came from."""

_CONFIG = "application/vnd.oci.image.config.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Run:
    """How a container of an image starts.

    Attributes:
        entrypoint: Argument vector.
        arguments: Arguments where a pod gives none.
        user: Numeric "uid" or "uid:gid"; "" is root. A name would fail a pod's runAsNonRoot.
        environment: Variables beside PATH.
        folder: Folder to start in; "" is the root.
        stop_signal: What asks it to end; "" is SIGTERM.
        ports: TCP ports that it listens on.
    """

    entrypoint: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    stop_signal: str = ""
    ports: tuple[int, ...] = ()


@dataclass(frozen=True)
class BuiltImage:
    """An image whose every blob is in the cache.

    Attributes:
        reference: Full name with its tag, as pods write it.
        digest: Digest of its manifest.
        size: Bytes of its layers, uncompressed; layers that other images share are counted in each.
        origin: The modules and packages it was built from, "path@version" each.
        manifest: Its manifest's name.
        config: Its config's name.
        layers: Its layers' names, lowest first.
    """

    reference: str
    digest: str
    size: int
    origin: tuple[str, ...]
    manifest: Blob
    config: Blob
    layers: tuple[Blob, ...]

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """Every blob that the image consists of."""
        return (*self.layers, self.config, self.manifest)


def architecture() -> str:
    """The architecture as images write it; images are built for the machine that builds them."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def assemble(
    blobs: Blobs, reference: str, layers: Sequence[tuple[str, Blob]], run: Run, origin: Sequence[str]
) -> BuiltImage:
    """Put layers and settings together; the same arguments give the same digest.

    Args:
        blobs: Where config and manifest are kept.
        reference: Full name with its tag.
        layers: What each layer is, in words, and its name; lowest first.
        run: How its containers start.
        origin: The modules and packages it was built from.
    """
    config = blobs.put(_json(image_config(reference, layers, run, origin)))
    names = tuple(blob for _, blob in layers)
    manifest = blobs.put(_json(image_manifest(config, names)))
    size = sum(blob.size for blob in names)
    return BuiltImage(reference, manifest.digest, size, tuple(origin), manifest, config, names)


def find(blobs: Blobs, reference: str, digest: str) -> BuiltImage | None:
    """An image that was put together before, read back from its manifest; None unless every blob is there.

    Args:
        blobs: Where its blobs would be.
        reference: Full name with its tag.
        digest: Digest of its manifest.
    """
    manifest = blobs.find(digest)
    if manifest is None:
        return None
    told = json.loads(blobs.read(manifest))
    config, *layers = (Blob(part["digest"], part["size"]) for part in (told["config"], *told["layers"]))
    if not all(blobs.has(blob) for blob in (config, *layers)):
        return None
    labels = json.loads(blobs.read(config))["config"].get("Labels") or {}
    origin = tuple(labels.get(BUILT_HERE_LABEL, "").split())
    size = sum(layer.size for layer in layers)
    return BuiltImage(reference, digest, size, origin, manifest, config, tuple(layers))


def image_config(
    reference: str, layers: Sequence[tuple[str, Blob]], run: Run, origin: Sequence[str]
) -> dict[str, Any]:
    """The image config of the OCI image specification, labelled with who built the image, and of what."""
    created = datetime.fromtimestamp(EPOCH, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    title, _, version = reference.rpartition(":")
    settings = {
        "User": run.user,
        "Env": [f"{name}={value}" for name, value in sorted({"PATH": _PATH, **run.environment}.items())],
        "ExposedPorts": {f"{port}/tcp": {} for port in run.ports},
        "Entrypoint": list(run.entrypoint),
        "Cmd": list(run.arguments),
        "WorkingDir": run.folder or "/",
        "StopSignal": run.stop_signal,
        "Labels": {
            BUILT_HERE_LABEL: " ".join(origin),
            "org.opencontainers.image.title": title,
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.description": "Built by kserve-platform from pinned sources",
        },
    }
    return {
        "created": created,
        "architecture": architecture(),
        "os": "linux",
        "config": {name: value for name, value in settings.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [blob.digest for _, blob in layers]},
        "history": [{"created": created, "created_by": words} for words, _ in layers],
    }


def image_manifest(config: Blob, layers: Sequence[Blob]) -> dict[str, Any]:
    """The image manifest of the OCI image specification."""
    return {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _descriptor(_CONFIG, config),
        "layers": [_descriptor(_LAYER, layer) for layer in layers],
    }


def write_archive(
    blobs: Blobs, images: Iterable[BuiltImage], sink: IO[bytes], *, without: Iterable[str] = ()
) -> None:
    """Stream an archive of images; each blob is in it once.

    Args:
        blobs: Where the blobs are.
        images: What to put in.
        sink: Where to write; it need not be seekable.
        without: Digests of blobs that the receiver has already.
    """
    chosen = list(images)
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [
            {**_descriptor(_MANIFEST, image.manifest), "annotations": _names(image)} for image in chosen
        ],
    }
    docker = [
        {"Config": _member(i.config), "RepoTags": [i.reference], "Layers": [_member(b) for b in i.layers]}
        for i in chosen
    ]
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 20) as archive:
        _add(archive, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(archive, "index.json", _json(index))
        _add(archive, "manifest.json", _json(docker))
        written = set(without)
        for blob in (blob for image in chosen for blob in reversed(image.blobs)):
            if blob.digest not in written:
                written.add(blob.digest)
                info = _info(_member(blob), blob.size)
                with open(blobs.path(blob), "rb") as source:
                    archive.addfile(info, source)


def _names(image: BuiltImage) -> dict[str, str]:
    tag = image.reference.rpartition(":")[2]
    return {"io.containerd.image.name": image.reference, "org.opencontainers.image.ref.name": tag}


def _member(blob: Blob) -> str:
    return f"blobs/{blob.digest.replace(':', '/')}"


def _descriptor(media_type: str, blob: Blob) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    archive.addfile(_info(name, len(data)), io.BytesIO(data))


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, EPOCH, 0o644
    return info


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
