"""Buckets, and their settings, each of which is a resource of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.aws.kinds.base import Calls, Change, Kind, Look, Made, Remove, State, listed
from tests.components.eks.aws_requests import OPERATIONS


def _label(aws: Calls, made: Made, inputs: State) -> None:
    # CreateBucket takes no tags.
    aws("s3", "PutBucketTagging", Bucket=made.id, Tagging={"TagSet": listed(inputs["tags"])})


def _relabel(aws: Calls, key: str, old: State, new: State) -> None:
    _label(aws, Made(key, {}), new)


def _bucket(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    aws("s3", "HeadBucket", Bucket=key)
    return {}


def _setting(
    operation: str, observe: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {}
) -> Look:
    return lambda aws, _, state: observe(aws("s3", operation, Bucket=state["bucket"]))


def _again(token: str) -> Change:
    """Settings of a bucket are put as a whole."""

    def change(aws: Calls, key: str, old: State, new: State) -> None:
        operation = OPERATIONS[token]
        aws(operation.service, operation.name, **operation.request(new))

    return change


def _dropped(operation: str) -> Remove:
    return lambda aws, _, state: aws("s3", operation, Bucket=state["bucket"])


def _suspend(aws: Calls, key: str, state: State) -> None:
    # Versioning can be suspended and never taken away.
    aws("s3", "PutBucketVersioning", Bucket=state["bucket"], VersioningConfiguration={"Status": "Suspended"})


def _closed(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answer["PublicAccessBlockConfiguration"]
    return {name[0].lower() + name[1:]: value for name, value in found.items()}


def _of_bucket(
    token: str,
    look: Look,
    remove: Remove,
    *changed: str,
) -> Kind:
    return Kind(
        token=token,
        identity=lambda _, inputs: inputs["bucket"],
        look=look,
        remove=remove,
        changes=dict.fromkeys(changed, _again(token)),
        replaces=frozenset({"bucket"}),
    )


def _policy(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"policy": json.dumps(json.loads(answer["Policy"]), sort_keys=True)}


S3 = (
    Kind(
        token="aws:s3/bucket:Bucket",
        identity=lambda _, inputs: inputs["bucket"],
        outputs=lambda _, inputs: {"arn": f"arn:aws:s3:::{inputs['bucket']}"},
        # The region of the client that is asked is not the bucket's by itself.
        named=lambda _: {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}},
        more=_label,
        look=_bucket,
        changes={"tags": _relabel},
        remove=lambda aws, key, _: aws("s3", "DeleteBucket", Bucket=key),
        replaces=frozenset({"bucket", "bucketPrefix"}),
        fixed_name="bucket",
    ),
    _of_bucket(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        _setting("GetBucketLifecycleConfiguration"),
        _dropped("DeleteBucketLifecycle"),
        "rules",
    ),
    _of_bucket(
        "aws:s3/bucketPolicy:BucketPolicy",
        _setting("GetBucketPolicy", _policy),
        _dropped("DeleteBucketPolicy"),
        "policy",
    ),
    _of_bucket(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        _setting("GetPublicAccessBlock", _closed),
        _dropped("DeletePublicAccessBlock"),
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    ),
    _of_bucket(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        _setting("GetBucketEncryption"),
        _dropped("DeleteBucketEncryption"),
        "rules",
    ),
    _of_bucket(
        "aws:s3/bucketVersioning:BucketVersioning",
        _setting(
            "GetBucketVersioning",
            lambda answer: {"versioningConfiguration": {"status": answer.get("Status", "Suspended")}},
        ),
        _suspend,
        "versioningConfiguration",
    ),
)
