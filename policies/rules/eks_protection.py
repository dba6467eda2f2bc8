"""What must not go by mistake: the cluster, the models, and the keys without which neither can be read."""

from __future__ import annotations

from collections.abc import Iterator

from policies.aws.view import View, ask
from policies.rule import Context, Finding, Level, Levels, Rule, Severity

CLUSTER = "aws:eks/cluster:Cluster"
BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")


def _aws_refuses_to_delete_it(view: View, _: Context) -> Iterator[Finding]:
    if view.resource.type == CLUSTER and not view.get("deletionProtection", default=False):
        yield view.wrong(
            "deletionProtection",
            view.peek("deletionProtection"),
            why="anybody with the right to delete a cluster could, past Pulumi too",
            fix="write true",
        )


def _it_is_not_emptied(view: View, _: Context) -> Iterator[Finding]:
    if view.resource.type in BUCKETS and view.get("forceDestroy", default=False):
        yield view.wrong(
            "forceDestroy",
            True,
            why="a destroy would take every model in it along",
            fix="remove it",
        )


def _pulumi_refuses_to_delete_it(view: View, _: Context) -> Iterator[Finding]:
    if not view.resource.protect:
        yield view.wrong(
            "protect",
            False,
            why="a changed setting can mean a replacement, which deletes it",
            fix="set the resource option protect to true",
        )


RULES = (
    Rule(
        id="eks-deletion-protected",
        title="The cluster, buckets and KMS keys are protected against being deleted by mistake",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.OFF, staging=Level.ADVISORY, prod=Level.MANDATORY),
        types=(CLUSTER, *BUCKETS, "aws:kms/key:Key"),
        check=ask(_aws_refuses_to_delete_it, _it_is_not_emptied, _pulumi_refuses_to_delete_it),
    ),
)
