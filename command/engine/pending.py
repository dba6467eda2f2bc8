"""Operations that a killed engine had begun: the state keeps them, and warns of them for ever.

On a cluster that the stack made, every operation of ours can be done again: creating an object that is
there adopts it (`upsertExistingObjects`), our own plugin's resources are looked up before they are made, an
update applies the same fields, a deletion of nothing succeeds. So an interrupted operation there is simply
forgotten, and the next `up` does it anew. On somebody else's cluster an object that is there may be theirs:
only what is sure is forgotten, and the rest is left for its owner to judge. So it is in a cloud, where
nothing is adopted by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command.engine.store import read_checkpoint

_OURS = "kserve-cluster:"
_CLOUD = "aws:"


@dataclass(frozen=True)
class Pending:
    """An operation that was begun and not seen to end.

    Attributes:
        urn: The resource.
        kind: What was being done: `creating`, `updating`, `deleting`, `reading` or `importing`.
    """

    urn: str
    kind: str

    @property
    def name(self) -> str:
        """The resource, as a person calls it: the last part of its type and its name."""
        kind, _, name = self.urn.rpartition("::")
        return f"{kind.rpartition(':')[2]} {name}"

    @property
    def type(self) -> str:
        """The resource's own type token."""
        return self.urn.split("::")[2].rpartition("$")[2]


def pending_operations(snapshot: Mapping[str, Any]) -> list[Pending]:
    """What a snapshot says was interrupted."""
    operations = snapshot.get("pending_operations") or []
    return [Pending(str(one["resource"]["urn"]), str(one["type"])) for one in operations]


def can_be_forgotten(operation: Pending, *, cluster_is_ours: bool) -> bool:
    """Whether doing the operation again gives the same as finishing it would have."""
    if operation.kind != "creating" or operation.type.startswith(_OURS):
        return True
    # What a cloud has begun to make is there, and paid for, and a second one would be made beside it.
    return cluster_is_ours and not operation.type.startswith(_CLOUD)


def without(deployment: Mapping[str, Any], forgotten: Sequence[Pending]) -> dict[str, Any]:
    """An exported deployment without these operations; everything else as it was."""
    drop = {(one.urn, one.kind) for one in forgotten}
    inner = dict(deployment["deployment"])
    operations = inner.get("pending_operations") or []
    inner["pending_operations"] = [
        one for one in operations if (one["resource"]["urn"], one["type"]) not in drop
    ]
    return {**deployment, "deployment": inner}


def forget_interrupted(
    checkpoint: Path,
    *,
    cluster_is_ours: bool,
    export: Callable[[], str],
    replace: Callable[[str], None],
) -> tuple[list[Pending], list[Pending]]:
    """Take out of the state what can be done again.

    Args:
        checkpoint: The state's file: looked at first, because an export takes half a second.
        cluster_is_ours: The stack made its cluster.
        export: Returns the state as `pulumi stack export` prints it, secrets encrypted.
        replace: Gives it to `pulumi stack import`.

    Returns:
        What was forgotten, and what was left.
    """
    found = pending_operations(read_checkpoint(checkpoint))
    forgotten = [one for one in found if can_be_forgotten(one, cluster_is_ours=cluster_is_ours)]
    if forgotten:
        replace(json.dumps(without(json.loads(export()), forgotten)))
    return forgotten, [one for one in found if one not in forgotten]
