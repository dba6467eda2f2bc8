"""Which cluster-autoscaler goes with which Kubernetes: it carries the scheduler of its own minor version.

Upstream's README asks for the version that was made for a cluster's minor version, and tests no other. Facts:
the images that kOps pins by minor version (pkg/model/components/clusterautoscaler.go) and, for 1.31 and 1.36,
the images of releases that public configurations of clusters run; as of `AS_OF`. Tags and not digests, since
no registry was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from components.errors import PlatformError, Problem

AS_OF = date(2026, 11, 21)
REPOSITORY = "registry.k8s.io/autoscaling/cluster-autoscaler"

RELEASES: Mapping[str, str] = {
    "1.31": "v1.31.5",
    "1.32": "v1.32.7",
    "1.33": "v1.33.5",
    "1.34": "v1.34.4",
    "1.35": "v1.35.1",
    "1.36": "v1.36.1",
}
"""Release by Kubernetes minor version."""


def image_for(kubernetes_version: str) -> str:
    """The image for a Kubernetes minor version.

    Args:
        kubernetes_version: E.g. 1.35.

    Raises:
        PlatformError: The table has none for it.
    """
    if kubernetes_version in RELEASES:
        return f"{REPOSITORY}:{RELEASES[kubernetes_version]}"
    raise PlatformError(
        Problem(
            what="no cluster-autoscaler is pinned for this version of Kubernetes",
            seen=kubernetes_version,
            why=f"the versions on {AS_OF} were for: {', '.join(RELEASES)}",
            fix="add its release to components/facts/cluster_autoscaler.py",
        )
    )
