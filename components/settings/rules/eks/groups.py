"""Rules about groups of machines: their numbers, labels and taints, and what they are for."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.eks.derived import gpu_of
from components.settings.keys import Path
from components.settings.parts import Parts, Rule
from components.settings.rules.eks.scope import eks_of, groups_of, of_cluster, of_group

GPU_TAINT = "nvidia.com/gpu"
LONGEST_KEY = 63
# EKS refuses the first; the last two are what this project says of machines with GPUs.
_RESERVED = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/", "k8s.amazonaws.com/", "nvidia.com/")


def bounds_are_in_order(parts: Parts) -> Iterator[Problem]:
    """AWS refuses a group whose bounds are crossed, after the cluster was made."""
    for name, group in groups_of(parts):
        if group.min_size > group.max_size:
            yield of_group(
                name,
                "maxSize",
                value=group.max_size,
                what="is less than minSize",
                why=f"minSize is {group.min_size}",
                fix=f"write {group.min_size} or more, or lower minSize",
            )


def sizes_are_within_bounds(parts: Parts) -> Iterator[Problem]:
    """AWS refuses a beginning outside the bounds; an estimate outside them is of another group."""
    for name, group in groups_of(parts):
        least, most = group.min_size, group.max_size
        for path, size in (
            (("desiredSize",), group.desired_size),
            (("expected", "size"), group.expected.size),
        ):
            if size is not None and least <= most and not least <= size <= most:
                yield of_group(
                    name,
                    *path,
                    value=size,
                    what="is outside minSize and maxSize",
                    why=f"the group has {least} to {most} machines",
                    fix=f"write {min(max(size, least), most)}, or change the bounds",
                )


def some_machines_have_no_gpu(parts: Parts) -> Iterator[Problem]:
    """GPU machines are tainted, so that the platform's own pods find no place on them."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    # Auto Mode makes machines of every group as soon as a pod waits for one.
    empty = cluster.autoscaler != "auto"
    if all(
        gpu_of(group) or group.taints or (empty and not group.min_size)
        for group in cluster.node_groups.values()
    ):
        yield of_cluster(
            "nodeGroups",
            value=dict(cluster.node_groups),
            what="has no machine for the platform itself",
            why="groups with GPUs or taints take certain pods only, and a group of minSize 0 begins empty",
            fix="add a group without GPUs and taints and with minSize 1 or more",
        )


def labels_are_free_to_take(parts: Parts) -> Iterator[Problem]:
    """EKS refuses labels of Kubernetes and of its own, after the cluster was made."""
    for name, group in groups_of(parts):
        for key, value in group.labels.items():
            prefix = f"{key.rpartition('/')[0]}/"
            if any(prefix == reserved or prefix.endswith(f".{reserved}") for reserved in _RESERVED):
                yield of_group(
                    name,
                    "labels",
                    key,
                    value=value,
                    what="is a label that others set",
                    why="Kubernetes, EKS and this project set labels of this prefix by what the machine is",
                    fix="choose a prefix of your own, like example.org/",
                )


def labels_and_taints_fit_into_eks(parts: Parts) -> Iterator[Problem]:
    """EKS is stricter than Kubernetes (its API model: labelKey, labelValue, taintKey)."""
    for name, group in groups_of(parts):
        keys: list[tuple[Path, str]] = [(("labels", key), key) for key in group.labels]
        keys += [(("taints", index, "key"), taint.key) for index, taint in enumerate(group.taints)]
        for path, key in keys:
            if len(key) > LONGEST_KEY:
                yield of_group(
                    name,
                    *path,
                    value=key,
                    what=f"is longer than {LONGEST_KEY} letters",
                    why="EKS counts the prefix as well, though Kubernetes does not",
                    fix="shorten it",
                )
        for key, value in group.labels.items():
            if not value:
                yield of_group(
                    name,
                    "labels",
                    key,
                    value=value,
                    what="is an empty label",
                    why="EKS refuses labels without a value, though Kubernetes takes them",
                    fix='write a value, like "true"',
                )


def taints_are_set_once(parts: Parts) -> Iterator[Problem]:
    """Of two taints with one key and effect EKS refuses the second; that of GPUs is there already."""
    for name, group in groups_of(parts):
        first: set[tuple[str, str]] = set()
        for index, taint in enumerate(group.taints):
            if (taint.key, taint.effect) in first:
                yield of_group(
                    name,
                    "taints",
                    index,
                    value=taint.key,
                    what="is there twice",
                    why="a machine has one taint of a key and effect",
                    fix="remove it here",
                )
            first.add((taint.key, taint.effect))
            if taint.key == GPU_TAINT:
                yield of_group(
                    name,
                    "taints",
                    index,
                    value=taint.key,
                    what="is set by this project",
                    why="machines with GPUs get it, others have no use for it",
                    fix="remove it",
                )


RULES: tuple[Rule, ...] = (
    bounds_are_in_order,
    sizes_are_within_bounds,
    some_machines_have_no_gpu,
    labels_are_free_to_take,
    labels_and_taints_fit_into_eks,
    taints_are_set_once,
)
