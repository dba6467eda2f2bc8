"""Rules about who may do what, the logs of it, and buckets."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.facts.regions import RETENTION_DAYS
from components.settings.parts import Parts, Rule
from components.settings.rules.eks.scope import eks_of, of_cluster


def principals_have_one_entry(parts: Parts) -> Iterator[Problem]:
    """EKS knows one access entry for each role or user."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    first = {cluster.deployer: "kserve-platform:cluster.deployer"} if cluster.deployer else {}
    for name, entry in cluster.access_entries.items():
        if entry.principal in first:
            yield of_cluster(
                "accessEntries",
                name,
                "principal",
                value=entry.principal,
                what="has an entry already",
                why=f"{first[entry.principal]} is the same, and EKS keeps one entry for each",
                fix="remove one of the two",
            )
        first.setdefault(entry.principal, f"kserve-platform:cluster.accessEntries.{name}")


def logs_are_kept_for_days_that_cloudwatch_knows(parts: Parts) -> Iterator[Problem]:
    """CloudWatch refuses other numbers."""
    cluster = eks_of(parts)
    if cluster and cluster.logs.retention_days not in RETENTION_DAYS:
        days = cluster.logs.retention_days
        more = next((each for each in RETENTION_DAYS if each > days), RETENTION_DAYS[-1])
        yield of_cluster(
            "logs",
            "retentionDays",
            value=days,
            what="is not a number of days that CloudWatch keeps logs for",
            why=f"it knows: {', '.join(map(str, RETENTION_DAYS))}",
            fix=f"write {more}",
        )


def logs_are_named_once(parts: Parts) -> Iterator[Problem]:
    """EKS refuses a type that is there twice."""
    cluster = eks_of(parts)
    types = cluster.logs.types if cluster else ()
    for index, each in enumerate(types):
        if each in types[:index]:
            yield of_cluster(
                "logs",
                "types",
                index,
                value=each,
                what="is named twice",
                why="a log is kept once",
                fix="remove it here",
            )


def buckets_are_named_once(parts: Parts) -> Iterator[Problem]:
    """One bucket in two places would be made twice, or made and found."""
    cluster = eks_of(parts)
    first: dict[str, str] = {}
    for name, bucket in (cluster.model_buckets if cluster else {}).items():
        if bucket.bucket in first:
            yield of_cluster(
                "modelBuckets",
                name,
                "bucket",
                value=bucket.bucket,
                what="is named twice",
                why=f"kserve-platform:cluster.modelBuckets.{first[bucket.bucket]} is the same bucket",
                fix="remove one of the two",
            )
        first.setdefault(bucket.bucket, name)


RULES: tuple[Rule, ...] = (
    principals_have_one_entry,
    logs_are_kept_for_days_that_cloudwatch_knows,
    logs_are_named_once,
    buckets_are_named_once,
)
