"""Running containerd inside the node image to unpack images into a containerd root.

Layers come into the root as hard links. `ctr content ingest` with the expected digest then makes containerd
know them without reading them: copying them through `ctr images import` took twice as long.
"""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.errors import PlatformError
from machine.cache import Cache, remove_tree
from machine.docker.api import PASSING
from machine.docker.endpoint import DockerEndpoint
from machine.images import oci
from machine.images.blobs import Blob, Blobs
from machine.images.oci import BuiltImage
from machine.process import CommandFailed, run

# Half a minute on two cores, some minutes beside ten other programs.
_SECONDS = 900.0
# If Docker's containerd is killed meanwhile, `docker run` never hears that its container has ended (soaked).
_SILENT_SECONDS = 60.0
_ANSWER_SECONDS = 10.0

NAMESPACE = "k8s.io"
"""containerd's namespace of the kubelet's images."""

# Collection is off: it would drop what is ingested and not yet named by an image.
_SETTINGS = """version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[plugins."io.containerd.gc.v1.scheduler"]
  deletion_threshold = 0
  mutation_threshold = 0
  startup_delay = "24h"
"""

_SCRIPT = """set -euo pipefail
ctr() {{ command ctr --address /run/work.sock --namespace {namespace} "$@"; }}
containerd --config {work}/config.toml --root {root} --state /run/work --address /run/work.sock 2>/tmp/log &
daemon=$!
trap 'grep -v level=info /tmp/log | tail -n 8 >&2' ERR
until [ -S /run/work.sock ] && ctr version >/dev/null 2>&1; do
    kill -0 $daemon
    sleep 0.02
done
{steps}
kill $daemon
wait $daemon || true
rm -rf {root}/tmpmounts {root}/io.containerd.runtime.*
"""


@dataclass(frozen=True)
class Work:
    """What is to be done to a containerd root.

    Attributes:
        root: The root, in the cache.
        images: Images to bring in.
        gone: References of images to remove first.
    """

    root: Path
    images: Sequence[BuiltImage]
    gone: Sequence[str]


def unpack(work: Work, node_image: str, endpoint: DockerEndpoint, cache: Cache) -> None:
    """Do it, in a container of the node image that is gone afterwards.

    Raises:
        PlatformError: containerd refused something; with its last lines.
    """
    folder = work.root.with_name(f"{work.root.name}.work")
    folder.mkdir()
    try:
        _write_inputs(work, folder, Blobs(cache))
        script = _SCRIPT.format(
            namespace=NAMESPACE,
            work=shlex.quote(_inside(folder, cache)),
            root=shlex.quote(_inside(work.root, cache)),
            steps="\n".join(_steps(work, _inside(folder, cache), _inside(work.root, cache))),
        )
        volume = f"{cache.root}:/cache"
        options = [
            "--rm",
            "--privileged",
            "--network=none",
            f"--label={PASSING}",
            f"--name={_container(cache)}",
            f"--volume={volume}",
        ]
        container = ["docker", "run", *options, "--entrypoint=/bin/bash", node_image, "-c", script]
        signs = Signs(lambda: _has_processes(endpoint, cache))
        run(
            endpoint.command(*container),
            environment=endpoint.environment(),
            timeout=_SECONDS,
            lost=signs.lost,
        )
    except CommandFailed as failure:
        late = (
            f"Docker no longer knows the container's processes, or they took over {_SECONDS:.0f} s; "
            "its containerd may have been killed"
        )
        raise PlatformError.single(
            "images could not be unpacked", why=late if failure.status is None else failure.tail
        ) from None
    finally:
        end_unpacking(endpoint, cache)
        remove_tree(folder)


class Signs:
    """Whether a container has been without a sign of life for too long.

    Args:
        alive: Whether there is one now.
    """

    def __init__(self, alive: Callable[[], bool]) -> None:
        self._alive = alive
        self._last = time.monotonic()

    def lost(self) -> bool:
        """Whether the last sign is over a minute ago; one that is being created has that long as well."""
        if self._alive():
            self._last = time.monotonic()
        return time.monotonic() - self._last > _SILENT_SECONDS


def _has_processes(endpoint: DockerEndpoint, cache: Cache) -> bool:
    # Docker's own record says `running` of a container whose end it missed; this asks containerd.
    top = endpoint.command("docker", "top", _container(cache))
    try:
        run(top, environment=endpoint.environment(), timeout=_ANSWER_SECONDS)
    except CommandFailed:
        return False
    return True


def end_unpacking(endpoint: DockerEndpoint, cache: Cache) -> None:
    """Take away the container that unpacks; the caller holds the stores' lock.

    It outlives a killed run, goes on writing into a folder that the next run removes, and keeps its name.
    """
    remove = endpoint.command("sh", "-c", f"docker rm --force {_container(cache)} >/dev/null 2>&1 || true")
    run(remove, environment=endpoint.environment())


def _container(cache: Cache) -> str:
    # Two caches may share the user's engine, and each has a lock of its own.
    return f"kserve-platform-unpack-{hashlib.sha256(str(cache.root).encode()).hexdigest()[:8]}"


def _write_inputs(work: Work, folder: Path, blobs: Blobs) -> None:
    (folder / "config.toml").write_text(_SETTINGS, encoding="utf-8")
    for number, image in enumerate(work.images):
        with open(folder / f"{number}.tar", "wb") as sink:
            oci.write_archive(blobs, [image], sink, without=[layer.digest for layer in image.layers])


def _steps(work: Work, folder: str, root: str) -> list[str]:
    # Removing collects what no image names, so it must be over before layers come in.
    remove = [f"ctr images rm --sync {shlex.join(work.gone)} >/dev/null"] if work.gone else []
    layers = dict.fromkeys(layer for image in work.images for layer in image.layers)
    return [
        *remove,
        f"content={shlex.quote(root)}/io.containerd.content.v1.content/blobs/sha256",
        "mkdir -p $content",
        *(_ingest(layer) for layer in layers),
        # One after the other: every import writes its index under one name. Of two at the same moment one is
        # refused ("ref tar-index.json locked"), and what it ingested is then collected, layers and all.
        *(f"ctr images import {shlex.quote(folder)}/{n}.tar >/dev/null" for n in range(len(work.images))),
    ]


def _ingest(layer: Blob) -> str:
    name = layer.digest.removeprefix("sha256:")
    link = f"[ -e $content/{name} ] || ln /cache/images/blobs/sha256/{name} $content/{name}"
    expected = f"--expected-digest {layer.digest} --expected-size {layer.size}"
    return f"{link}\nctr content ingest {expected} {layer.digest} <$content/{name}"


def _inside(path: Path, cache: Cache) -> str:
    return f"/cache/{path.relative_to(cache.root)}"
