"""Settings to a cluster: the one place that knows which kinds there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from components.catalog.images import EXAMPLE_LOADED
from components.cluster.aws_sdk import require_aws_sdk
from components.cluster.base import Cluster
from components.cluster.eks.reference import INFRA, KUBECONFIG, use_infrastructure
from components.cluster.existing import use_existing
from components.cluster.images import read_prepared
from components.cluster.kind import create_kind
from components.settings.cluster import ExistingSettings, KindSettings
from components.settings.eks.cluster import EksSettings
from components.settings.eks.readers import readers_of
from components.settings.model import MnistExample, Settings


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
            images = read_prepared(prepared, kind.images, _unpublished(settings))
            return create_kind(kind, stack, images, low_requests=small)
        case ExistingSettings() as existing:
            return use_existing(existing, small=small)
        case EksSettings() as eks:
            if eks.stack.part in {"platform", "services"}:
                return use_infrastructure(eks, small=small)
            # The SDK of AWS takes a second and hundreds of megabytes: other stacks never load it.
            require_aws_sdk()
            from components.cluster.eks.create import create_eks

            return create_eks(eks, stack, small=small, readers=readers_of(eks, settings.services))
        case other:
            raise AssertionError(f"refuse_unbuilt let {other.provider} pass")


def create_infra(settings: EksSettings, stack: str) -> dict[str, Any]:
    """Make the AWS side of a cluster alone; its outputs are what the other parts' stacks read.

    Args:
        settings: The stack's cluster.
        stack: Its name.

    Raises:
        PlatformError: The SDK of AWS is missing, or no version of an add-on is pinned.
    """
    require_aws_sdk()
    from components.cluster.eks.create import create_infrastructure

    made = create_infrastructure(settings, stack, readers=readers_of(settings, {})).handover
    # It holds no credential; but what leads to a cluster is nobody's business either.
    return {KUBECONFIG: pulumi.Output.secret(made.kubeconfig), INFRA: made.exported}


def _unpublished(settings: Settings) -> list[str]:
    """References of images that the stack's services run, and that no registry has."""
    example = any(isinstance(service, MnistExample) for service in settings.services.values())
    return [image.reference for image in EXAMPLE_LOADED] if example else []
