"""Bringing images to engines that are running: the node image into Docker, changed images into a node."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress

from components.catalog.images import IMAGES, full_repository
from components.errors import PlatformError
from machine.cache import Cache
from machine.docker.endpoint import DockerEndpoint
from machine.images import oci
from machine.images.blobs import Blobs
from machine.images.build import find_images
from machine.images.oci import BuiltImage
from machine.images.recipes import plan_image
from machine.process import CommandFailed, last_lines, run, tied

_CTR = ("ctr", "--namespace", "k8s.io")


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


def bring_images(
    images: Iterable[BuiltImage], node: str, endpoint: DockerEndpoint, cache: Cache
) -> list[str]:
    """Import images that a running node lacks or has in another version; layers that it has are not sent.

    Args:
        images: What the node shall have.
        node: Name of its container.
        endpoint: The engine it runs on.
        cache: Where the images are.

    Returns:
        References of what was imported.

    Raises:
        PlatformError: The node's containerd refuses one, or does not answer.
    """
    known = _known(node, endpoint)
    missing = [image for image in images if known.get(image.reference) != image.digest]
    if missing:
        held = _ask(node, endpoint, "content", "ls", "--quiet").split()
        into = endpoint.command("docker", "exec", "--interactive", node, *_CTR, "images", "import", "-")
        _send(missing, into, endpoint, Blobs(cache), without=held)
    return [image.reference for image in missing]


def _known(node: str, endpoint: DockerEndpoint) -> dict[str, str]:
    """Reference -> digest of a node's images, from the table that `ctr images ls` prints."""
    rows = [line.split() for line in _ask(node, endpoint, "images", "ls").splitlines()[1:]]
    return {row[0]: row[2] for row in rows if len(row) > 2}


def _ask(node: str, endpoint: DockerEndpoint, *arguments: str) -> str:
    command = endpoint.command("docker", "exec", node, *_CTR, *arguments)
    return run(command, environment=endpoint.environment()).output


def _send(
    images: Sequence[BuiltImage],
    command: Sequence[str],
    endpoint: DockerEndpoint,
    blobs: Blobs,
    without: Iterable[str] = (),
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
        try:
            oci.write_archive(blobs, images, process.stdin, without=without)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended early: what it said on its way out is the reason
        said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        names = ", ".join(image.reference for image in images)
        raise PlatformError.single("images were refused", seen=names, why=last_lines(said))


def _full(reference: str) -> tuple[str, str]:
    tag = reference.partition("@")[0].rpartition(":")[2]
    return full_repository(reference), tag
