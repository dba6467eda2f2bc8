"""Having a stack's images: what cannot be pulled is built, and laid out for the nodes where everything is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from command.image_source import HandOver, Source, built_here
from machine.cache import Cache
from machine.progress import Reporter

if TYPE_CHECKING:
    from components.catalog.images import Image
    from components.settings.model import Settings
    from machine.docker import DockerEndpoint
    from machine.images.oci import BuiltImage
    from machine.toolchain import Toolchain


def build_stack_images(
    settings: Settings,
    source: Source,
    cache: Cache,
    toolchain: Toolchain,
    docker: Callable[[], DockerEndpoint],
    report: Reporter,
) -> HandOver:
    """Build what is missing, and prepare the store where every image is built.

    Args:
        settings: The stack.
        source: Where images come from that registries have.
        cache: Keeps layers, images and stores.
        toolchain: Compiles.
        docker: An engine to unpack images on; asked only if a store has to be made.
        report: Told of every step.

    Raises:
        PlatformError: Something cannot be built; with its log.
    """
    from machine.images.build import build_images
    from machine.images.store import prepare_store, store_key

    built = build_images(built_here(settings, source), cache, toolchain, report)
    if source == "pull":
        return HandOver("pull", loadedImages={image.reference: image.digest for image in built})
    node, *rest = built
    key = store_key(node, sorted(rest, key=lambda image: image.reference))
    if not cache.path("stores", key).exists():
        key = prepare_store(node, rest, docker(), cache, report).name
    return HandOver("build", nodeImage=node.reference, imageStore=key)


def built_images(images: Iterable[Image], cache: Cache) -> dict[str, BuiltImage]:
    """Those of the images that are in the cache, by reference; nothing is built."""
    from machine.images.build import find_images
    from machine.images.recipes import plan_image

    return {found.reference: found for found in find_images([plan_image(one) for one in images], cache)}
