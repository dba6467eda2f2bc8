"""Which part of the whole a stack makes: AWS alone, what is installed on the cluster, or the models."""

from __future__ import annotations

from components.settings.cluster import ClusterSettings
from components.settings.eks.cluster import EksSettings, Part


def part_of(cluster: ClusterSettings) -> Part:
    """The part; clusters that are not on EKS have no others."""
    return cluster.stack.part if isinstance(cluster, EksSettings) else "all"
