"""Rules about groups of machines: their numbers and what they are for."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import gpu_of
from components.settings.eks.nodes import NodeGroup
from components.settings.parts import Parts, Rule, wrong


def groups_of(parts: Parts) -> Iterator[tuple[str, NodeGroup]]:
    """The groups of an EKS cluster; nothing of other clusters."""
    if isinstance(parts.cluster, EksSettings):
        yield from parts.cluster.node_groups.items()


def bounds_are_in_order(parts: Parts) -> Iterator[Problem]:
    """AWS refuses a group whose bounds are crossed, after the cluster was made."""
    for name, group in groups_of(parts):
        if group.min_size > group.max_size:
            yield wrong(
                "cluster",
                "nodeGroups",
                name,
                "maxSize",
                value=group.max_size,
                what="is less than minSize",
                why=f"minSize is {group.min_size}",
                fix=f"write {group.min_size} or more, or lower minSize",
            )


def some_machines_have_no_gpu(parts: Parts) -> Iterator[Problem]:
    """GPU machines are tainted, so that the platform's own pods find no place on them."""
    cluster = parts.cluster
    if not isinstance(cluster, EksSettings):
        return
    if all(gpu_of(group) or group.taints or not group.min_size for group in cluster.node_groups.values()):
        yield wrong(
            "cluster",
            "nodeGroups",
            value=dict(cluster.node_groups),
            what="has no machine for the platform itself",
            why="groups with GPUs or taints take certain pods only, and a group of minSize 0 begins empty",
            fix="add a group without GPUs and taints and with minSize 1 or more",
        )


RULES: tuple[Rule, ...] = (bounds_are_in_order, some_machines_have_no_gpu)
