"""`images`: every image of a stack, with its digest, where it comes from and how big it is."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from command.display.words import size
from command.engine.places import Places
from command.image_source import (
    Source,
    built_here,
    choose_source,
    may_pull,
    source_of_cluster,
    wish_of,
)
from command.local_machine import cluster_name
from command.stack import open_stack
from components.catalog.images import NODE

if TYPE_CHECKING:
    from components.settings.model import Settings
    from machine.images.oci import BuiltImage

_SHORT_DIGEST = 19
_PINNED = re.compile(r"@(sha256:[0-9a-f]{64})$")


@dataclass(frozen=True)
class Row:
    """One image.

    Attributes:
        reference: As pods write it.
        digest: Of its manifest; empty where it is not known (a tag that is pulled, an image not built yet).
        origin: `pulled`, or what it was built from.
        size: Bytes uncompressed; 0 where it is not known.
    """

    reference: str
    digest: str
    origin: str
    size: int


def main(options: argparse.Namespace) -> int:
    """Print the list."""
    places, settings = open_stack(options.stack)
    rows = list_images(settings, places)
    print(json.dumps([asdict(row) for row in rows], indent=1) if options.json else table(rows))
    return 0


def list_images(settings: Settings, places: Places) -> list[Row]:
    """Every image of a stack."""
    if settings.cluster.provider != "kind":
        return pulled_rows(references_of(settings, places, built=False))
    from command.stack_images import built_images

    source = source_of(settings, places)
    images = built_here(settings, source)
    built = built_rows([image.reference for image in images], built_images(images, places.cache))
    if source == "build":
        return built
    node = official_node(settings.cluster.kubernetes_version)
    return [*pulled_rows([node, *references_of(settings, places, built=False)]), *built]


def official_node(kubernetes_version: str) -> str:
    """Reference of kind's node image, which holds all that runs on a node before the platform."""
    return f"{NODE.reference.rpartition(':')[0]}:v{kubernetes_version}"


def source_of(settings: Settings, places: Places) -> Source:
    """Where a kind stack's images come from; asked of engine and registry only if it was never decided."""
    from machine.docker.engine import would_be_private

    private = partial(would_be_private, places.cache)
    standing = source_of_cluster(places.cache, places.stack, cluster_name(places.stack))
    return choose_source(wish_of(settings), places.cache, partial(may_pull, private), standing)


def built_rows(references: Sequence[str], built: Mapping[str, BuiltImage]) -> list[Row]:
    """Images that are built here; one that is not there yet says so."""
    rows = []
    for reference in references:
        image = built.get(reference)
        if image is None:
            rows.append(Row(reference, "", "not built yet: make up", 0))
        else:
            rows.append(Row(reference, image.digest, f"built from {', '.join(image.origin)}", image.size))
    return rows


def pulled_rows(references: Sequence[str]) -> list[Row]:
    """Images that are pulled by whoever runs them."""
    return [
        Row(reference, match[1] if (match := _PINNED.search(reference)) else "", "pulled", 0)
        for reference in references
    ]


def references_of(settings: Settings, places: Places, *, built: bool) -> list[str]:
    """References in the manifests of a stack's components, in order, each once."""
    from components.catalog.references import references_in
    from components.catalog.selection import components_of
    from machine.progress import Silent
    from machine.rendering import renderer

    components = components_of(settings.platform.ingress_class, built=built)
    rendered = renderer(places.cache, Silent()).render_all(components)
    return list(references_in(thing for each in rendered.values() for thing in each.objects))


def table(rows: Sequence[Row]) -> str:
    """Rows in columns."""
    width = max((len(row.reference) for row in rows), default=0)
    lines = [f"{'IMAGE':<{width}}  {'DIGEST':<{_SHORT_DIGEST}}  {'SIZE':>7}  ORIGIN"]
    for row in rows:
        digest = row.digest[:_SHORT_DIGEST] or "-"
        bytes_ = size(row.size) if row.size else "-"
        lines.append(f"{row.reference:<{width}}  {digest:<{_SHORT_DIGEST}}  {bytes_:>7}  {row.origin}")
    return "\n".join(lines)
