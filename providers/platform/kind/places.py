"""Where a cluster keeps what it needs while it lives: clusters/<name>/ in the cache, gone with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine.cache import Cache, remove_tree, write_atomically

UPDATABLE = frozenset({"imageStore", "loadedImages"})
"""Images can be brought into running nodes; everything else of a node is decided when it is made."""


@dataclass(frozen=True)
class Finished:
    """What is written when a cluster is whole: who finds it again after a `kill -9` may keep it.

    Attributes:
        digest: Of the inputs that it was made from.
        api_server_port: Port on 127.0.0.1.
        image_store: Key of the image store that its nodes have.
    """

    digest: str
    api_server_port: int
    image_store: str | None


class ClusterPlaces:
    """Paths of one cluster."""

    def __init__(self, cache: Cache, name: str) -> None:
        self.cache = cache
        self.name = name
        self.folder = cache.path("clusters", name)
        self.config = self.folder / "kind.yaml"
        self.log = cache.path("logs", f"kind-{name}.log")

    def image_store(self, node: str) -> Path:
        """The folder that is a node's containerd root."""
        return self.folder / node / "containerd"

    def finished(self) -> Finished | None:
        """What was written when the cluster was whole, or None if it never was."""
        try:
            row = json.loads(self._marker.read_text())
        except FileNotFoundError:
            return None
        return Finished(row["digest"], row["apiServerPort"], row["imageStore"])

    def finish(self, finished: Finished) -> None:
        """Note that the cluster is whole."""
        row = {
            "digest": finished.digest,
            "apiServerPort": finished.api_server_port,
            "imageStore": finished.image_store,
        }
        write_atomically(self._marker, json.dumps(row))

    def unfinish(self) -> None:
        """Note that the cluster is not whole: it is being made or unmade."""
        self._marker.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove everything of the cluster's."""
        remove_tree(self.folder)

    @property
    def _marker(self) -> Path:
        return self.folder / "finished.json"


def digest_of(inputs: Mapping[str, Any]) -> str:
    """Digest of the inputs that only a new cluster can follow."""
    lasting = {name: value for name, value in inputs.items() if name not in UPDATABLE}
    return hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()
