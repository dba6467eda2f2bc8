"""Which part of the whole a stack makes: AWS alone, what is installed on the cluster, or the models."""

from __future__ import annotations

from components.settings.cluster import ClusterSettings
from components.settings.eks.cluster import EksSettings, Part


def part_of(cluster: ClusterSettings) -> Part:
    """The part; clusters that are not on EKS have no others."""
    return cluster.stack.part if isinstance(cluster, EksSettings) else "all"


def makes_aws_side(cluster: ClusterSettings) -> bool:
    """Whether the stack makes anything in AWS itself: only such a one needs its SDK and Pulumi's plugin."""
    return isinstance(cluster, EksSettings) and part_of(cluster) in {"all", "infra"}
