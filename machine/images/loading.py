"""Bringing images to engines that are running: the node image into Docker, changed images into a node."""

from __future__ import annotations

import os
import subprocess
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, cast

from components.catalog.images import IMAGES, full_repository
from components.errors import PlatformError
from machine.cache import Cache
from machine.docker.endpoint import DockerEndpoint
from machine.images import oci
from machine.images.blobs import Blobs
from machine.images.build import find_images
from machine.images.oci import BuiltImage
from machine.images.recipes import plan_image
from machine.process import CommandFailed, end_group, last_lines, run, tied

_CTR = ("ctr", "--namespace", "k8s.io")
# Where containerd's configuration of version 3, then of version 2, names what CRI unpacks images with.
_SNAPSHOTTERS = (
    ("io.containerd.cri.v1.images", "snapshotter"),
    ("io.containerd.grpc.v1.cri", "containerd", "snapshotter"),
)
_USUAL_SNAPSHOTTER = "overlayfs"
_ANSWER_SECONDS = 60.0
_SEND_SECONDS = 900.0
_ASKED_EVERY_SECONDS = 0.5


def ensure_node_image(reference: str, endpoint: DockerEndpoint, cache: Cache) -> None:
    """Have the engine know the node image that was built here; one that was not built is for kind to pull.

    Args:
        reference: Name of the image, as kind is given it.
        endpoint: The engine.
        cache: Where the built image is.

    Raises:
        PlatformError: The engine refuses it.
    """
    named = [image for image in IMAGES if _full(image.reference) == _full(reference)]
    for image in find_images([plan_image(image) for image in named], cache):
        load_image(image, endpoint, cache)


def load_image(image: BuiltImage, endpoint: DockerEndpoint, cache: Cache) -> None:
    """Have a Docker Engine know an image, by its config's digest; nothing is sent if it does.

    Raises:
        PlatformError: The engine refuses it, or does not answer.
    """
    inspect = ("docker", "image", "inspect", "--format={{.Id}}", image.reference)
    try:
        known = run(endpoint.command(*inspect), environment=endpoint.environment()).output.strip()
    except CommandFailed:
        known = ""
    # An engine on containerd's own store names images by their manifests.
    if known in {image.config.digest, image.manifest.digest}:
        return
    _send([image], endpoint.command("docker", "load", "--quiet"), endpoint, Blobs(cache))
    if known:
        # What had this name has none now, and would take room for ever. A node that runs it keeps it.
        with suppress(CommandFailed):
            run(endpoint.command("docker", "image", "rm", known), environment=endpoint.environment())


def forget_built(reference: str, endpoint: DockerEndpoint) -> None:
    """Take a name that an image of ours has away from it: who asks the engine for it means upstream's.

    A stack that built its images before has left its node image under upstream's name, and kind pulls
    nothing that is there.
    """
    label = f'--format={{{{index .Config.Labels "{oci.BUILT_HERE_LABEL}"}}}}'
    inspect = ("docker", "image", "inspect", label)
    environment = endpoint.environment()
    try:
        ours = run(endpoint.command(*inspect, reference), environment=environment).output.strip()
    except CommandFailed:
        return  # it is not there
    if ours:
        run(endpoint.command("docker", "image", "rm", "--force", reference), environment=environment)


def lacking(wanted: Mapping[str, str], node: str, endpoint: DockerEndpoint) -> list[str]:
    """References of images that a running node lacks or has in another version.

    Args:
        wanted: Reference -> digest.
        node: Name of its container.
        endpoint: The engine it runs on.

    Raises:
        CommandFailed: The node's containerd does not answer.
    """
    known = _known(node, endpoint)
    return [reference for reference, digest in wanted.items() if known.get(reference) != digest]


def bring_images(
    images: Iterable[BuiltImage],
    node: str,
    endpoint: DockerEndpoint,
    cache: Cache,
    go_on: Callable[[], None] = lambda: None,
) -> list[str]:
    """Import images that a running node lacks or has in another version; layers that it has are not sent.

    Args:
        images: What the node shall have.
        node: Name of its container.
        endpoint: The engine it runs on.
        cache: Where the images are.
        go_on: Called all the while; a PlatformError ends the import, which leaves no image half there.

    Returns:
        References of what was imported.

    Raises:
        PlatformError: The node's containerd refuses one, or does not answer.
    """
    chosen = {image.reference: image for image in images}
    wanted = lacking({name: image.digest for name, image in chosen.items()}, node, endpoint)
    missing = [chosen[reference] for reference in wanted]
    if missing:
        held = _ask(node, endpoint, *_CTR, "content", "ls", "--quiet").split()
        unpacked_by = snapshotter_of(_ask(node, endpoint, "containerd", "config", "dump"))
        load = (*_CTR, "images", "import", f"--snapshotter={unpacked_by}", "-")
        into = endpoint.command("docker", "exec", "--interactive", node, *load)
        try:
            _send(missing, into, endpoint, Blobs(cache), without=held, go_on=go_on)
        except PlatformError as error:
            # What a killed import left behind is listed, until containerd collects it: perhaps just now.
            if not held or "not found" not in str(error):
                raise
            _send(missing, into, endpoint, Blobs(cache), go_on=go_on)
    return [image.reference for image in missing]


def snapshotter_of(configuration: str) -> str:
    """What a containerd unpacks the images of pods with, from its configuration (`containerd config dump`).

    kind chooses another where Docker's own file system carries no overlay: rootless Docker, ZFS.
    """
    try:
        plugins = tomllib.loads(configuration).get("plugins", {})
    except tomllib.TOMLDecodeError:
        return _USUAL_SNAPSHOTTER
    for path in _SNAPSHOTTERS:
        found = plugins
        for key in path:
            found = found.get(key, {}) if isinstance(found, dict) else {}
        if found and isinstance(found, str):
            return found
    return _USUAL_SNAPSHOTTER


def _known(node: str, endpoint: DockerEndpoint) -> dict[str, str]:
    """Reference -> digest of a node's images, from the table that `ctr images ls` prints."""
    rows = [line.split() for line in _ask(node, endpoint, *_CTR, "images", "ls").splitlines()[1:]]
    return {row[0]: row[2] for row in rows if len(row) > 2}


def _ask(node: str, endpoint: DockerEndpoint, *arguments: str) -> str:
    command = endpoint.command("docker", "exec", node, *arguments)
    return run(command, environment=endpoint.environment(), timeout=_ANSWER_SECONDS).output


def _send(
    images: Sequence[BuiltImage],
    command: Sequence[str],
    endpoint: DockerEndpoint,
    blobs: Blobs,
    without: Iterable[str] = (),
    go_on: Callable[[], None] = lambda: None,
) -> None:
    with subprocess.Popen(
        tied(command),
        env={**os.environ, **endpoint.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        with _watched(process, go_on):
            try:
                sink = cast("IO[bytes]", _Asking(process.stdin, go_on))
                oci.write_archive(blobs, images, sink, without=without)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it ended early: what it said on its way out is the reason
            except BaseException:
                end_group(process)
                raise
            said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        names = ", ".join(image.reference for image in images)
        raise PlatformError.single("images were refused", seen=names, why=last_lines(said))


@dataclass(frozen=True)
class _Asking:
    """As much of a sink as a stream of tar needs; it asks before each piece whether to go on."""

    sink: IO[bytes]
    go_on: Callable[[], None]

    def write(self, data: bytes) -> int:
        self.go_on()
        return self.sink.write(data)


@contextmanager
def _watched(process: subprocess.Popen[bytes], go_on: Callable[[], None]) -> Iterator[None]:
    """End a program that is not to go on, or that takes too long, while the block writes to it or reads.

    Neither returns by itself where Docker has lost its containerd: nobody empties the pipe.
    """
    over, reasons = threading.Event(), list[PlatformError]()
    deadline = time.monotonic() + _SEND_SECONDS

    def watch() -> None:
        try:
            go_on()
            while not over.wait(_ASKED_EVERY_SECONDS):
                go_on()
                if time.monotonic() > deadline:
                    raise PlatformError.single(f"images were not taken within {_SEND_SECONDS:.0f} s")
        except PlatformError as reason:
            reasons.append(reason)
            end_group(process)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    if reasons:
        raise reasons[0]


def _full(reference: str) -> tuple[str, str]:
    tag = reference.partition("@")[0].rpartition(":")[2]
    return full_repository(reference), tag
