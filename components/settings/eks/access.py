"""Who may do what: people in the cluster, pods in AWS, and what is kept of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from components.settings.aws_text import BucketName, PrincipalArn
from components.settings.base import Model
from components.settings.text import ObjectName, ServiceName

AccessPolicy = Literal["clusterAdmin", "admin", "edit", "view"]
Identity = Literal["podIdentity", "irsa"]
LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


class AccessEntry(Model):
    """What an IAM role or user may do in the cluster."""

    principal: PrincipalArn
    """Role or user."""

    policy: AccessPolicy
    """What it may do, by EKS's access policies."""

    namespaces: tuple[ObjectName, ...] = ()
    """Namespaces where it may. Absent: the whole cluster."""


class Encryption(Model):
    """The customer managed KMS key. EKS encrypts with a key of its own in any case."""

    customer_key: bool = True
    """Whether secrets, disks and model buckets are encrypted with a key of this account. A cluster cannot go
    back."""

    deletion_window_days: Annotated[int, Field(ge=7, le=30)] = 30
    """Days in which a deleted key can be had back, and with it all it encrypted."""


class Logs(Model):
    """Logs of the control plane, in CloudWatch."""

    types: tuple[LogType, ...] = ("api", "audit", "authenticator")
    """Which logs are kept."""

    retention_days: Annotated[int, Field(ge=1)] = 90
    """Days that they are kept; CloudWatch knows certain numbers only."""


class ModelBucket(Model):
    """An S3 bucket with models, which its services may read and nothing else."""

    bucket: BucketName
    """Name of the bucket, the same as in the storageUri of services: s3://<bucket>/<path>."""

    create: bool = True
    """Whether this stack makes it, or it is there already."""

    readers: tuple[ServiceName, ...] = ()
    """Services that read it, where these are in another stack. Absent: those of this stack whose storageUri
    is in it."""
