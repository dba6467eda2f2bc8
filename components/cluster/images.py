"""What the program is told about images: they are prepared before it runs, outside of it.

`make up` writes the file below the cache; a user who types `pulumi up` without it pulls, as everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from components.errors import PlatformError
from components.settings.cluster import ImageSource

_KEY = "kserve-platform:cluster.images"


@dataclass(frozen=True)
class PreparedImages:
    """Where a stack's images come from.

    Attributes:
        source: Pulled from their registries, or built here under the same names.
        node_image: Reference of the node image that was built; None for the official one.
        store: Key of the prepared store that nodes start with; None where images are pulled.
        loaded: What is loaded into the nodes beside pulled images, reference -> digest.
    """

    source: Literal["pull", "build"]
    node_image: str | None = None
    store: str | None = None
    loaded: Mapping[str, str] = field(default_factory=dict)


def read_prepared(file: Path, wish: ImageSource, unpublished: Collection[str]) -> PreparedImages:
    """Read what was prepared for a stack.

    Args:
        file: `state/images/<stack>.json` of the cache; need not be there.
        wish: The stack's setting.
        unpublished: References that the stack needs beside pulled images, and that no registry has.

    Raises:
        PlatformError: The stack needs images that are built here, and nobody has built them.
    """
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        row = {"source": "pull"}
    loaded = row.get("loadedImages") or {}
    prepared = PreparedImages(row["source"], row.get("nodeImage"), row.get("imageStore"), loaded)
    if wish == "pull" and prepared.source == "build":
        prepared = PreparedImages("pull")
    if wish == "build" and prepared.source != "build":
        raise _not_built("The images of this stack were not built yet", wish)
    if prepared.source == "pull" and not set(unpublished) <= prepared.loaded.keys():
        raise _not_built("The images of the example were not built yet", wish)
    return prepared


def _not_built(what: str, wish: ImageSource) -> PlatformError:
    return PlatformError.single(
        what,
        key=_KEY,
        seen=wish,
        why="The program only uses images; building them takes minutes and needs no engine.",
        fix="Run `make up`, which builds what is missing first.",
    )
