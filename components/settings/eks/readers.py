"""Which services read which model buckets: a service's pods get a role for just these."""

from __future__ import annotations

from collections.abc import Mapping

from components.settings.eks.cluster import EksSettings
from components.settings.model import ModelService, Service

_S3 = "s3://"


def bucket_of(service: Service) -> str | None:
    """Name of the S3 bucket that a service's model lies in; None where it lies elsewhere."""
    if not isinstance(service, ModelService) or not service.storage_uri.startswith(_S3):
        return None
    return service.storage_uri.removeprefix(_S3).partition("/")[0] or None


def readers_of(cluster: EksSettings, services: Mapping[str, Service]) -> dict[str, tuple[str, ...]]:
    """Names of the buckets that a service reads, by service.

    Args:
        cluster: Its buckets may name their readers, which are in another stack then.
        services: Services of this stack, which read the bucket that their model lies in.
    """
    readers: dict[str, list[str]] = {}
    for bucket in cluster.model_buckets.values():
        here = [name for name, service in services.items() if bucket_of(service) == bucket.bucket]
        for name in bucket.readers or here:
            readers.setdefault(name, []).append(bucket.bucket)
    return {name: tuple(sorted(buckets)) for name, buckets in sorted(readers.items())}
