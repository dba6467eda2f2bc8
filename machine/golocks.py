"""Locks that name folders: which modules stand for the folders that a module's archive does not hold.

Upstream builds in a checkout whose go.mod says `replace k8s.io/api => ./staging/src/k8s.io/api`, or
`=> ../api`. A module's archive ends at the next go.mod, so those folders are missing ("replacement directory
../api does not exist"). The same code is published as a module of its own: the replacement becomes that
module, at the version we pin, or, where the go.mod requires a real version already, simply goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from components.catalog.modules import GoModule


@dataclass(frozen=True)
class LocalReplace:
    """A replacement by a folder.

    Attributes:
        path: The module that is replaced.
        version: The version that go.mod requires of it; empty where it requires none.
    """

    path: str
    version: str


def local_replaces(manifest: str) -> tuple[LocalReplace, ...]:
    """The replacements by a folder in a go.mod, given as `go mod edit -json` prints it."""
    parsed = json.loads(manifest)
    required = {entry["Path"]: entry["Version"] for entry in parsed.get("Require") or ()}
    return tuple(
        LocalReplace(entry["Old"]["Path"], required.get(entry["Old"]["Path"], ""))
        for entry in parsed.get("Replace") or ()
        if not entry["New"].get("Version")
    )


def publish(replaced: Sequence[LocalReplace], pins: Sequence[GoModule]) -> tuple[list[str], str]:
    """Decide what stands for each folder.

    Args:
        replaced: From `local_replaces`.
        pins: Modules whose sums are known.

    Returns:
        Arguments of `go mod edit`, and lines to add to go.sum. A module without a pin keeps the version that
        go.mod requires; its sum is then for the checksum database to say.
    """
    edits: list[str] = []
    sums: list[str] = []
    for entry in replaced:
        edits.append(f"-dropreplace={entry.path}")
        known = [pin for pin in pins if pin.path == entry.path]
        exact = [pin for pin in known if pin.version == entry.version]
        # v0.0.0 is what Kubernetes requires of its staging folders: no such version exists.
        chosen = exact or (known if len(known) == 1 else [])
        if chosen:
            edits.append(f"-replace={entry.path}={chosen[0]}")
            sums.append(chosen[0].sum_lines)
    return edits, "".join(sums)
