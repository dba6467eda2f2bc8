"""What the program is told about images: they are prepared before it runs, outside of it.

`make up` writes the file below the cache; a user who types `pulumi up` without it pulls, as everywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
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
    """

    source: Literal["pull", "build"]
    node_image: str | None = None
    store: str | None = None


def read_prepared(file: Path, wish: ImageSource) -> PreparedImages:
    """Read what was prepared for a stack.

    Args:
        file: `state/images/<stack>.json` of the cache; need not be there.
        wish: The stack's setting.

    Raises:
        PlatformError: The stack asks for images that are built here, and nobody has built them.
    """
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        row = {"source": "pull"}
    prepared = PreparedImages(row["source"], row.get("nodeImage"), row.get("imageStore"))
    if wish == "build" and prepared.source != "build":
        raise PlatformError.single(
            "The images of this stack were not built yet",
            key=_KEY,
            seen=wish,
            why="The program only uses images; building them takes minutes and needs no engine.",
            fix="Run `make up`, which builds what is missing first.",
        )
    return PreparedImages("pull") if wish == "pull" else prepared
