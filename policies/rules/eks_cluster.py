"""What an EKS cluster must be: closed, encrypted, logged, on a version that AWS supports.

Property names and defaults: `pulumi_aws` 7.51, `eks.ClusterArgs`. AWS's defaults are the open ones, so a
property that is left out is judged as what AWS makes of it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, date, datetime

from components.facts.kubernetes_support import SOON, SUPPORT, Support
from policies.aws.view import Question, View, ask, ask_stack
from policies.rule import Context, Finding, Level, Levels, Rule, Severity
from policies.unknown import known

CLUSTER = "aws:eks/cluster:Cluster"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"

_FOREIGN_KEY = (
    "Secrets would be encrypted under a key of AWS's, which nobody here can rotate, audit or revoke"
)

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _endpoint_is_closed(cluster: View, context: Context) -> Iterator[Finding]:
    if not cluster.get("vpcConfig", "endpointPublicAccess", default=True):
        return
    where = "vpcConfig.publicAccessCidrs"
    if cluster.peek("vpcConfig", "publicAccessCidrs") in (None, []):
        yield cluster.wrong(
            where,
            None,
            why="without a list AWS lets the whole internet (0.0.0.0/0) reach the API server",
            fix="set endpointPublicAccess to false, or list the addresses that may reach it",
        )
    for at, written in cluster.entries("vpcConfig", "publicAccessCidrs"):
        yield from _address_is_allowed(cluster, at, written, context)


def _address_is_allowed(cluster: View, at: str, written: object, context: Context) -> Iterator[Finding]:
    if not known(written):
        yield cluster.blind(at)
        return
    network = _network(written)
    if network is None:
        yield cluster.wrong(at, written, why="it is no network in CIDR form", fix="write e.g. 203.0.113.0/24")
    elif not any(_within(network, _network(allowed)) for allowed in context.options["allowPublic"]):
        world = network.prefixlen == 0
        yield cluster.wrong(
            at,
            written,
            why="it is the whole internet"
            if world
            else "it is not within the addresses that this rule allows",
            fix="set endpointPublicAccess to false"
            + ("" if world else ", or add the network to the rule's option allowPublic"),
        )


def _nodes_reach_the_endpoint(cluster: View, _: Context) -> Iterator[Finding]:
    if cluster.get("vpcConfig", "endpointPrivateAccess", default=False):
        return
    yield cluster.wrong(
        "vpcConfig.endpointPrivateAccess",
        cluster.peek("vpcConfig", "endpointPrivateAccess"),
        why="nodes would reach the API server through the internet, or not at all past a list of addresses",
        fix="set endpointPrivateAccess to true",
    )


def _network(written: object) -> _Network | None:
    try:
        return ipaddress.ip_network(str(written), strict=False)
    except ValueError:
        return None


def _within(inner: _Network, outer: _Network | None) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def _secrets_have_an_own_key(cluster: View, _: Context) -> Iterator[Finding]:
    if cluster.peek("encryptionConfig") is None:
        yield cluster.wrong(
            "encryptionConfig",
            None,
            why=_FOREIGN_KEY,
            fix="name a KMS key in encryptionConfig.provider.keyArn, with resources [secrets]",
        )
        return
    resources = cluster.get("encryptionConfig", "resources", default=[])
    if "secrets" not in resources:
        yield cluster.wrong(
            "encryptionConfig.resources",
            resources,
            why="Secrets are not among what the key encrypts",
            fix="write [secrets]",
        )


def _the_key_is_known(cluster: View, _: Context) -> Iterator[Finding]:
    if cluster.peek("encryptionConfig") is None or cluster.refers("encryptionConfig", "aws:kms/key:Key"):
        return  # a key of this stack: its ARN is unknown in the first preview, that there is one is not
    arn = cluster.get("encryptionConfig", "provider", "keyArn")
    if arn is None or "alias/aws/" in arn:
        yield cluster.wrong(
            "encryptionConfig.provider.keyArn",
            arn,
            why=_FOREIGN_KEY,
            fix="name a KMS key of your own",
        )


def _log_types_are_on(cluster: View, context: Context) -> Iterator[Finding]:
    on = cluster.get("enabledClusterLogTypes", default=[])
    for missing in (name for name in context.options["types"] if name not in on):
        yield cluster.wrong(
            "enabledClusterLogTypes",
            on or None,
            why=f"without the {missing} log nobody can tell afterwards who did what",
            fix=f"add {missing}",
        )


def _logs_end(cluster: View, _: Context) -> Iterator[Finding]:
    if not cluster.get("enabledClusterLogTypes", default=[]):
        return
    wanted = f"/aws/eks/{cluster.get('name', default=cluster.resource.name)}/cluster"
    group = next((one for one in cluster.others(LOG_GROUP) if one.get("name") == wanted), None)
    if group is None:
        yield cluster.wrong(
            "enabledClusterLogTypes",
            cluster.get("enabledClusterLogTypes"),
            why="the stack has no log group for it, so EKS makes one that keeps logs for ever, at a price",
            fix=f"add an aws.cloudwatch.LogGroup named {wanted} with retentionInDays, and let it come first",
        )
        return
    if not group.get("retentionInDays", default=0):
        yield group.wrong(
            "retentionInDays",
            group.peek("retentionInDays"),
            why="logs would be kept for ever, at a price",
            fix="write a number of days that CloudWatch knows, e.g. 90",
        )
    if group.resource.urn not in cluster.resource.dependencies:
        yield cluster.wrong(
            "dependsOn",
            None,
            why=f"EKS may make the log group {wanted} first, and creating ours then fails",
            fix="let the cluster depend on the log group",
        )


def _version_is_supported(cluster: View, context: Context) -> Iterator[Finding]:
    support = _support(cluster)
    if support is None:
        yield from _unknown_version(cluster)
    elif support.standard_until < _today(context):
        yield cluster.wrong(
            "version",
            support.version,
            why=f"standard support ended on {support.standard_until}: AWS takes six times the price",
            fix="write a version in standard support",
        )


def _unknown_version(cluster: View) -> Iterator[Finding]:
    version = cluster.get("version")
    yield cluster.wrong(
        "version",
        version,
        why="AWS would choose one, and another in the next cluster"
        if version is None
        else "the support table does not know it: it is past all support, or newer than the table",
        fix="write a version in standard support",
    )


def _version_lasts(cluster: View, context: Context) -> Iterator[Finding]:
    support = _support(cluster)
    if support is None:
        return
    left = (support.standard_until - _today(context)).days
    if 0 <= left < context.options["days"]:
        yield cluster.wrong(
            "version",
            support.version,
            why=f"standard support ends on {support.standard_until}, in {left} days",
            fix="plan the upgrade to the next minor version now: control plane, add-ons, then nodes",
        )


def _support(cluster: View) -> Support | None:
    version = str(cluster.get("version"))
    return next((one for one in SUPPORT if one.version == version), None)


def _today(context: Context) -> date:
    written = context.options["today"]
    return date.fromisoformat(written) if written else datetime.now(UTC).date()


_TODAY = {"today": ""}  # an ISO date instead of the clock's: a test of time must not depend on it


def _of_the_version(
    question: Question, name: str, *, title: str, severity: Severity, prod: Level, **options: int
) -> Rule:
    return Rule(
        id=name,
        title=title,
        severity=severity,
        levels=Levels(dev=Level.ADVISORY, staging=Level.ADVISORY, prod=prod),
        types=(CLUSTER,),
        check=ask(question),
        options={**options, **_TODAY},
    )


RULES = (
    Rule(
        id="eks-endpoint-restricted",
        title="The API server is not open to the internet, and nodes reach it inside the VPC",
        severity=Severity.CRITICAL,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(CLUSTER,),
        check=ask(_endpoint_is_closed, _nodes_reach_the_endpoint),
        options={"allowPublic": []},
    ),
    Rule(
        id="eks-secrets-cmk",
        title="Kubernetes Secrets are encrypted under a KMS key of one's own",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.OFF, staging=Level.ADVISORY, prod=Level.MANDATORY),
        types=(CLUSTER, "aws:kms/key:Key"),
        check_stack=ask_stack([CLUSTER], _secrets_have_an_own_key, _the_key_is_known),
    ),
    Rule(
        id="eks-control-plane-logs",
        title="The control plane's audit, api and authenticator logs are kept, for a limited time",
        severity=Severity.MEDIUM,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(CLUSTER, LOG_GROUP),
        check_stack=ask_stack([CLUSTER], _log_types_are_on, _logs_end),
        options={"types": ["audit", "api", "authenticator"]},
    ),
    _of_the_version(
        _version_is_supported,
        "eks-version-supported",
        title="The Kubernetes version is in AWS's standard support",
        severity=Severity.HIGH,
        prod=Level.MANDATORY,
    ),
    # The proposal had the warning in the rule before. A level belongs to a rule: as one rule the warning
    # would have stopped production 60 days before anything is wrong.
    _of_the_version(
        _version_lasts,
        "eks-version-lasts",
        title="The Kubernetes version stays in standard support for a while",
        severity=Severity.LOW,
        prod=Level.ADVISORY,
        days=SOON.days,
    ),
)
