"""What rules about EKS look at: the cluster if it is one of EKS, and its groups."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.eks.cluster import EksSettings
from components.settings.eks.nodes import NodeGroup
from components.settings.parts import Parts, wrong


def eks_of(parts: Parts) -> EksSettings | None:
    """The cluster, if it could be read and is one of EKS."""
    return parts.cluster if isinstance(parts.cluster, EksSettings) else None


def groups_of(parts: Parts) -> Iterator[tuple[str, NodeGroup]]:
    """The groups of machines by name; nothing of other clusters."""
    cluster = eks_of(parts)
    if cluster:
        yield from cluster.node_groups.items()


def of_cluster(*path: str | int, value: object, what: str, why: str, fix: str) -> Problem:
    """A problem at a path below the cluster."""
    return wrong("cluster", *path, value=value, what=what, why=why, fix=fix)


def of_group(name: str, *path: str | int, value: object, what: str, why: str, fix: str) -> Problem:
    """A problem at a path below a group."""
    return wrong("cluster", "nodeGroups", name, *path, value=value, what=what, why=why, fix=fix)
