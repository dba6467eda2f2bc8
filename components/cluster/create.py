"""Settings to a cluster: the one place that knows which kinds there are."""

from __future__ import annotations

from pathlib import Path

from components.cluster.aws_sdk import require_aws_sdk
from components.cluster.base import Cluster
from components.cluster.existing import use_existing
from components.cluster.images import read_prepared
from components.cluster.kind import create_kind
from components.settings.cluster import ExistingSettings, KindSettings
from components.settings.eks.cluster import EksSettings
from components.settings.model import Settings


def create_cluster(settings: Settings, stack: str, prepared: Path) -> Cluster:
    """Make the stack's cluster, or find it.

    Args:
        settings: The whole stack; `refuse_unbuilt` has seen it.
        stack: Its name.
        prepared: File that says where its images come from (`images.read_prepared`).

    Raises:
        PlatformError: Its images were not prepared, its kubeconfig cannot be read, the SDK of AWS is missing.
    """
    small = settings.platform.resource_profile == "local"
    match settings.cluster:
        case KindSettings() as kind:
            return create_kind(kind, stack, read_prepared(prepared, kind.images), low_requests=small)
        case ExistingSettings() as existing:
            return use_existing(existing, small=small)
        case EksSettings() as eks:
            # The SDK of AWS takes a second and hundreds of megabytes: other stacks never load it.
            require_aws_sdk()
            from components.cluster.eks.create import create_eks

            return create_eks(eks, stack, small=small)
        case other:
            raise AssertionError(f"refuse_unbuilt let {other.provider} pass")
