"""Where a cluster is in AWS and what its resources are called and tagged. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_ROLE = 64
"""Characters of an IAM role's name (IAM API, CreateRole)."""

# Regions whose ARNs do not begin with arn:aws (AWS general reference, "AWS ARNs").
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """What every AWS resource of a stack shares.

    Attributes:
        cluster: Name of the cluster, and the beginning of the names of all that belongs to it.
        region: AWS region.
        tags: Tags of every resource.
    """

    cluster: str
    region: str
    tags: Mapping[str, str]

    @property
    def partition(self) -> str:
        """The part of AWS that the region belongs to, as ARNs name it."""
        return next((name for start, name in _PARTITIONS.items() if self.region.startswith(start)), "aws")

    @property
    def domain(self) -> str:
        """Domain of the services of that part of AWS."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def name(self, purpose: str, longest: int = LONGEST_ROLE) -> str:
        """Name of something of the cluster: the same every time, and never too long.

        Args:
            purpose: What it is for.
            longest: Most characters that AWS takes.
        """
        whole = f"{self.cluster}-{purpose}"
        if len(whole) <= longest:
            return whole
        # Two long names must not become one when they are cut.
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        return f"{whole[: longest - 9]}-{digest}"

    def tagged(self, purpose: str, **more: str) -> dict[str, str]:
        """Tags of one resource. AWS's console shows `Name`.

        Args:
            purpose: What it is for.
            more: Further tags.
        """
        return {**self.tags, "Name": f"{self.cluster}-{purpose}", **more}

    def managed_policy(self, name: str) -> str:
        """ARN of a policy that AWS keeps.

        Args:
            name: With its path, e.g. service-role/AmazonEBSCSIDriverPolicy.
        """
        return f"arn:{self.partition}:iam::aws:policy/{name}"


def place_of(cluster: str, region: str, tags: Mapping[str, str]) -> Place:
    """The place of a stack's cluster, with the tags of the project under those of the user."""
    ours = {"managed-by": "pulumi", "kserve-platform/cluster": cluster}
    return Place(cluster=cluster, region=region, tags={**ours, **tags})
