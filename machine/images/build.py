"""Building images: plan, make the missing layers side by side, put images together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from components.catalog.images import Image
from machine.cache import Cache
from machine.images import oci
from machine.images.layers import Layer, Layers
from machine.images.oci import BuiltImage
from machine.images.plan import ImagePlan, LayerPlan
from machine.images.recipes import plan_image
from machine.images.supplies import supplies_of
from machine.images.workshop import Supplies, Workshop, open_workshop
from machine.progress import Reporter
from machine.sidebyside import side_by_side
from machine.toolchain.ensure import Toolchain

# The compiler limits itself to two at once; beside it archives are read, and some layers wait for others.
_AT_ONCE = 8


def build_images(
    images: Iterable[Image], cache: Cache, toolchain: Toolchain, report: Reporter
) -> list[BuiltImage]:
    """Have images in the cache: those that are there already cost a look.

    Args:
        images: What to build.
        cache: Where blobs, layers and programs are kept.
        toolchain: Gives the go command and the builder of modules, if a layer is missing.
        report: Told of each layer that is made.

    Returns:
        The images in the order asked for.

    Raises:
        PlatformError: A layer cannot be made; what was made until then stays, and the next run goes on there.
    """
    return build_plans([plan_image(image) for image in images], cache, supplies_of(cache, toolchain), report)


def build_plans(
    plans: Sequence[ImagePlan], cache: Cache, supplies: Supplies, report: Reporter
) -> list[BuiltImage]:
    """As `build_images`, from plans."""
    layers = Layers(cache)
    made = find_layers(plans, layers)
    wanted = {plan.key: plan for image in plans for plan in image.layers if plan.key not in made}
    if wanted:
        layers.blobs.sweep()
        with open_workshop(cache, supplies, report) as workshop:
            workshop.expect(target for plan in wanted.values() for target in plan.targets)
            made |= _make(sorted(wanted.values(), key=lambda plan: -plan.seconds), workshop)
    return [_assemble(plan, made, layers) for plan in plans]


def find_images(plans: Iterable[ImagePlan], cache: Cache) -> list[BuiltImage]:
    """Those of the images whose every layer is in the cache; nothing is built."""
    layers = Layers(cache)
    chosen = list(plans)
    made = find_layers(chosen, layers)
    return [
        _assemble(plan, made, layers) for plan in chosen if all(layer.key in made for layer in plan.layers)
    ]


def find_layers(plans: Iterable[ImagePlan], layers: Layers) -> dict[str, Layer]:
    """The layers that are in the cache, by key."""
    keys = {layer.key for plan in plans for layer in plan.layers}
    return {key: found for key in keys if (found := layers.find(key))}


def _make(wanted: Sequence[LayerPlan], workshop: Workshop) -> dict[str, Layer]:
    made = side_by_side([partial(workshop.layer, plan) for plan in wanted], workers=_AT_ONCE)
    return {plan.key: layer for plan, layer in zip(wanted, made, strict=True)}


def _assemble(plan: ImagePlan, made: dict[str, Layer], layers: Layers) -> BuiltImage:
    parts = [(layer.words, made[layer.key].blob) for layer in plan.layers]
    # The upper layers make an image what it is; the lower ones are what others have too.
    origin = list(dict.fromkeys(name for layer in reversed(plan.layers) for name in made[layer.key].origin))
    return oci.assemble(layers.blobs, plan.reference, parts, plan.run, origin)
