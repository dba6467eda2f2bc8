"""What must not go by mistake: the cluster, the models, and the keys without which neither can be read."""

from __future__ import annotations

from collections.abc import Iterator

from policies.aws.questions import has_right, is_off, is_on
from policies.aws.view import View, ask, of
from policies.rule import Context, Finding, Level, Levels, Rule, Severity

CLUSTER = "aws:eks/cluster:Cluster"
BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")


_aws_refuses_to_delete_it = has_right(
    ("deletionProtection",),
    is_on,
    why="anybody with the right to delete a cluster could, past Pulumi too",
    fix="write true",
)
_it_is_not_emptied = has_right(
    ("forceDestroy",), is_off, why="a destroy would take every model in it along", fix="remove it"
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
        check=ask(
            of([CLUSTER], _aws_refuses_to_delete_it),
            of(BUCKETS, _it_is_not_emptied),
            _pulumi_refuses_to_delete_it,
        ),
    ),
)
