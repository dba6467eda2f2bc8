"""What a destroy must not begin: a stack with protected resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.errors import PlatformError


def refuse_protected(snapshot: Mapping[str, Any]) -> None:
    """Stop a destroy that could not end.

    Without its preview the engine looks at protection only when a resource's turn comes. On EKS it had by
    then deleted every machine of a production cluster, which stayed, without anything to run on.

    Args:
        snapshot: The stack's state.

    Raises:
        PlatformError: Something in it is protected.
    """
    urns = [str(each["urn"]) for each in snapshot.get("resources") or [] if each.get("protect")]
    if not urns:
        return
    names = [f"{urn.split('::')[2].rpartition(':')[2]} {urn.split('::', 3)[3]}" for urn in urns]
    raise PlatformError.single(
        "this stack holds what is protected, so that nothing of it is destroyed",
        seen=", ".join(names),
        why="everything else would go first: the cluster would stay and its machines be gone",
        fix="set kserve-platform:cluster.deletionProtection to false and bring the stack up once; "
        "the policies refuse that in production, on purpose: "
        '`eval "$(make -s env STACK=<stack>)" && unset PULUMI_OPTION_POLICY_PACK && pulumi up`',
    )
