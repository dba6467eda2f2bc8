"""Images that no registry has, built on this machine and given to running nodes out of the cache.

Nothing is written down about it: what a node has, the node's own containerd is asked. So an import that was
cut off is done again, and one that somebody removed from a node is noticed.
"""

from __future__ import annotations

from contextlib import suppress

from components.errors import PlatformError
from machine.docker import DockerEndpoint
from machine.images import oci
from machine.images.blobs import Blobs
from machine.images.loading import bring_images, lacking
from machine.images.oci import BuiltImage
from machine.process import CommandFailed
from providers.platform.kind.inputs import KindInputs
from providers.platform.work import Work


def load_images(work: Work, endpoint: DockerEndpoint, inputs: KindInputs) -> None:
    """Have every node know the images; what a node has already is not sent.

    Args:
        work: The operation; asked all the while whether to go on.
        endpoint: The engine that the nodes run on.
        inputs: The cluster.

    Raises:
        PlatformError: An image is not in the cache, or a node refuses it.
        Cancelled: The user asked to stop.
    """
    if not inputs.loaded_images:
        return
    images = [_found(work, reference, digest) for reference, digest in inputs.loaded_images.items()]
    for node in inputs.node_names():
        work.note(f"loading {len(images)} images into {node}")
        bring_images(images, node, endpoint, work.cache, go_on=work.check_cancelled)


def lacking_images(endpoint: DockerEndpoint, inputs: KindInputs) -> frozenset[str]:
    """References of images that some node lacks, or has in another version.

    A node that does not answer is no news about its images: whoever loads them will be told.
    """
    missing: set[str] = set()
    for node in inputs.node_names() if inputs.loaded_images else ():
        with suppress(CommandFailed):
            missing.update(lacking(inputs.loaded_images, node, endpoint))
    return frozenset(missing)


def _found(work: Work, reference: str, digest: str) -> BuiltImage:
    image = oci.find(Blobs(work.cache), reference, digest)
    if image is None:
        raise PlatformError.single(
            "An image for the nodes is not in the cache",
            seen=f"{reference}@{digest}",
            why="It was built in another cache, or this one was cleared since.",
            fix="Run `make up`, which builds it first.",
        )
    return image
