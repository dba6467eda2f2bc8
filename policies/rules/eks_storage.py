"""Where models are: in buckets that nobody reads by mistake, under keys that change.

A bucket's block of public access, versions, encryption and policy are resources of their own in pulumi_aws 7;
the same with V2 in their names are aliases of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.aws.documents import NotADocument, Statement, condition_values, statements, texts
from policies.aws.questions import has_right, is_on
from policies.aws.view import Blind, View, ask, ask_stack, told
from policies.rule import Context, Finding, Level, Levels, Rule, Severity
from policies.unknown import get, known

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2")
_SSE = "ServerSideEncryptionConfiguration"
ENCRYPTION = (f"aws:s3/bucket{_SSE}:Bucket{_SSE}", f"aws:s3/bucket{_SSE}V2:Bucket{_SSE}V2")
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ACLS = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
KEY = "aws:kms/key:Key"

_SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_MANDATORY = Levels(dev=Level.MANDATORY, staging=Level.MANDATORY, prod=Level.MANDATORY)
_OVERWRITTEN = "a model that is overwritten is gone, and there is no way back to the one before"

_versioning_is_on = has_right(
    ("versioningConfiguration", "status"),
    lambda status: status == "Enabled",
    why=_OVERWRITTEN,
    fix="write Enabled",
)
_rotation_is_on = has_right(
    ("enableKeyRotation",),
    is_on,
    why="what was once learnt of the key opens everything that it ever encrypted",
    fix="write true",
)


def _public_access_is_blocked(bucket: View, _: Context) -> Iterator[Finding]:
    blocks = bucket.referrers("bucket", BLOCK)
    if not blocks:
        yield bucket.wrong(
            "bucketPublicAccessBlock",
            None,
            why="one wrong ACL or policy would open the bucket to everybody",
            fix="add an aws.s3.BucketPublicAccessBlock with all four switches on",
        )
    for block in blocks:
        for switch in _SWITCHES:
            value = block.peek(switch)
            if not known(value):
                yield block.blind(switch)
            elif not value:
                yield block.wrong(
                    switch,
                    value,
                    why=f"the bucket {bucket.resource.name} could be opened to everybody",
                    fix="write true",
                )


def _versions_are_kept(bucket: View, context: Context) -> Iterator[Finding]:
    found = bucket.referrers("bucket", *VERSIONING)
    if not found:
        yield bucket.wrong(
            "bucketVersioning",
            None,
            why=_OVERWRITTEN,
            fix="add an aws.s3.BucketVersioning with status Enabled",
        )
    for one in found:
        yield from _versioning_is_on(one, context)


def _objects_are_encrypted(bucket: View, _: Context) -> Iterator[Finding]:
    found = bucket.referrers("bucket", *ENCRYPTION)
    if not found:
        yield bucket.wrong(
            "bucketServerSideEncryptionConfiguration",
            None,
            why="models would be encrypted under S3's key, which nobody here can revoke",
            fix="add an aws.s3.BucketServerSideEncryptionConfiguration with aws:kms",
        )
    for one in found:
        for at, rule in one.entries("rules"):
            algorithm = get(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm")
            if not known(algorithm):
                yield one.blind(f"{at}.applyServerSideEncryptionByDefault.sseAlgorithm")
            elif algorithm not in ("aws:kms", "aws:kms:dsse"):
                yield one.wrong(
                    f"{at}.applyServerSideEncryptionByDefault.sseAlgorithm",
                    algorithm,
                    why="models would be encrypted under S3's key, which nobody here can revoke",
                    fix="write aws:kms",
                )


def _only_over_tls(bucket: View, _: Context) -> Iterator[Finding]:
    policies = bucket.referrers("bucket", POLICY)
    documents = [(one, _statements(one)) for one in policies]
    if not any(_refuses_plain_http(statement) for _, found in documents for statement in found):
        yield bucket.wrong(
            "bucketPolicy",
            None,
            why="models could be read over plain HTTP, by anybody on the way too",
            fix="add an aws.s3.BucketPolicy that denies s3:* where aws:SecureTransport is false",
        )


def _policy_opens_nothing(policy: View) -> Iterator[Finding]:
    for one in _statements(policy):
        anybody = any("*" in texts(names) for kind, names in one.principals.items() if kind == "AWS")
        if one.allows and anybody and not one.conditions:
            yield policy.wrong(
                f"policy.{one.where}.Principal",
                "*",
                why="everybody is allowed in",
                fix="name the roles that need it",
            )


def _policies_open_nothing(bucket: View, _: Context) -> Iterator[Finding]:
    for policy in bucket.referrers("bucket", POLICY):
        yield from _policy_opens_nothing(policy)


def _statements(policy: View) -> list[Statement]:
    document = policy.peek("policy")
    if not known(document):
        # A bucket's own ARN is in its policy: before `up` the whole text is unknown.
        raise Blind("policy", policy.resource)
    try:
        return statements(document)
    except NotADocument:
        return []


def _refuses_plain_http(statement: Statement) -> bool:
    return (
        not statement.allows
        and "*" in texts(statement.principals.get("AWS", ()))
        and bool({"*", "s3:*"} & set(texts(statement.actions)))
        and any(value.lower() == "false" for _, value in condition_values(statement, "aws:SecureTransport"))
    )


def _acl_is_private(bucket: View, _: Context) -> Iterator[Finding]:
    for acl in bucket.referrers("bucket", *ACLS):
        canned = acl.get("acl")
        if canned in _PUBLIC_ACLS:
            yield acl.wrong("acl", canned, why="everybody could read the bucket", fix="write private")
        for at, grant in _grants(acl):
            uri = get(grant, "grantee", "uri")
            if not known(uri):
                yield acl.blind(f"{at}.grantee.uri")
            elif str(uri or "").endswith(("/AllUsers", "/AuthenticatedUsers")):
                yield acl.wrong(
                    f"{at}.grantee.uri", uri, why="everybody could read the bucket", fix="remove the grant"
                )


def _grants(acl: View) -> list[tuple[str, Any]]:
    return acl.entries("accessControlPolicy", "grants")


def _key_is_rotated(key: View, context: Context) -> Iterator[Finding]:
    if _can_rotate(key):
        yield from _rotation_is_on(key, context)


def _key_can_be_saved(key: View, context: Context) -> Iterator[Finding]:
    least = context.options["days"]
    window = key.get("deletionWindowInDays", default=30)
    if window < least:
        yield key.wrong(
            "deletionWindowInDays",
            window,
            why="a key that was deleted by mistake takes the models along before anybody notices",
            fix=f"write {told(least)} or more",
        )


def _can_rotate(key: View) -> bool:
    """AWS rotates symmetric keys of its own store alone (KMS developer guide, rotating keys)."""
    return (
        key.get("keyUsage", default="ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT"
        and key.get("customerMasterKeySpec", default="SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        and key.get("customKeyStoreId") is None
    )


RULES = (
    Rule(
        id="model-bucket-private",
        title="Buckets are private, versioned, encrypted under a KMS key, and reached over TLS alone",
        severity=Severity.CRITICAL,
        levels=_MANDATORY,
        types=(*BUCKETS, BLOCK, *VERSIONING, *ENCRYPTION, POLICY, *ACLS),
        check_stack=ask_stack(
            BUCKETS,
            _public_access_is_blocked,
            _versions_are_kept,
            _objects_are_encrypted,
            _only_over_tls,
            _policies_open_nothing,
            _acl_is_private,
        ),
    ),
    Rule(
        id="kms-rotation",
        title="KMS keys are rotated, and a deleted one can be saved for two weeks",
        severity=Severity.MEDIUM,
        levels=Levels(dev=Level.ADVISORY, staging=Level.ADVISORY, prod=Level.MANDATORY),
        types=(KEY,),
        check=ask(_key_is_rotated, _key_can_be_saved),
        options={"days": 14},
    ),
)
