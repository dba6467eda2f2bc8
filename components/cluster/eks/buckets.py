"""Buckets with models: private, encrypted, versioned; each read by the accounts of its services only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.documents import read_buckets, refuse_plain_http
from components.cluster.eks.identity import Identity
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.eks.roles import Role
from components.cluster.fleet import account_of_service
from components.settings.eks.access import ModelBucket

READER = "model-reader"
"""Beginning of the names of readers' roles."""


@dataclass(frozen=True, kw_only=True)
class Args:
    """What buckets need.

    Attributes:
        buckets: By name.
        identity: How predictors become the role that reads.
        readers: Names of the buckets that a service reads, by service.
        key_arn: Key of the objects; None for S3's own.
        protect: Pulumi refuses to delete them.
    """

    buckets: Mapping[str, ModelBucket]
    identity: Identity
    readers: Mapping[str, tuple[str, ...]]
    key_arn: pulumi.Input[str] | None
    protect: bool


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What buckets give.

    Attributes:
        readers: ARNs of the roles that read them, by service.
        ready: What a predictor needs before it loads a model.
    """

    readers: Mapping[str, pulumi.Output[str]]
    ready: tuple[pulumi.Resource, ...]


class ModelBuckets(Part):
    """The buckets of a stack, and who reads them."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("ModelBuckets", "model-buckets", place, opts)
        for name, bucket in args.buckets.items():
            if bucket.create:
                self._bucket(name, bucket.bucket, args)
        roles: dict[str, pulumi.Output[str]] = {}
        ready: list[pulumi.Resource] = []
        for service, names in args.readers.items():
            role, bound = self._reader(service, names, args)
            roles[service] = role.arn
            ready += [*role.ready, *([bound] if bound else [])]
        self.outputs = Outputs(readers=roles, ready=tuple(ready))
        self.register_outputs({})

    def _reader(
        self, service: str, names: tuple[str, ...], args: Args
    ) -> tuple[Role, pulumi.Resource | None]:
        account, purpose = account_of_service(service), f"{READER}-{service}"
        arns = [f"arn:{self._place.partition}:s3:::{name}" for name in names]
        key = pulumi.Output.from_input(args.key_arn)
        role = args.identity.role(
            purpose,
            account.namespace,
            account.name,
            inline={"read": key.apply(lambda arn: read_buckets(arns, arn))},
        )
        return role, args.identity.associate(purpose, account.namespace, account.name, role)

    def _bucket(self, name: str, bucket_name: str, args: Args) -> None:
        bucket = aws.s3.Bucket(
            name,
            bucket=bucket_name,
            tags=self._place.tagged(name),
            opts=self._options(protect=args.protect),
        )
        closed = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._options(),
        )
        versioned = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            # A model that was written over is had back.
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self._options(),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.bucket, rules=[_encrypted(args.key_arn)], opts=self._options()
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=bucket.arn.apply(refuse_plain_http),
            # S3 refuses two changes of who may do what at the same time.
            opts=self._options([closed]),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="leftovers",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    # Uploads of gigabytes that were broken off are paid for and never seen.
                    abort_incomplete_multipart_upload=(
                        aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                            days_after_initiation=7
                        )
                    ),
                )
            ],
            opts=self._options([versioned]),
        )


def _encrypted(key_arn: pulumi.Input[str] | None) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        # One call of KMS for many objects instead of one for each.
        bucket_key_enabled=key_arn is not None,
        apply_server_side_encryption_by_default=(
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm="AES256" if key_arn is None else "aws:kms", kms_master_key_id=key_arn
            )
        ),
    )
