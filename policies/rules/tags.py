"""Who pays for a resource, and whom to ask about it: tags that every resource of AWS has to have.

Instances and volumes of a node group are started by EC2, not by Pulumi: neither the group's tags nor the
provider's default tags reach them. The launch template's tag specifications do, and GPU nodes are most of the
bill, so they are asked for too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from policies.aws.node_groups import LAUNCH_TEMPLATE
from policies.aws.view import View, ask
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.unknown import get, known

# Resources that can have tags, of the services that a cluster is made of. A test holds it against the SDK.
TAGGABLE = (
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:ec2/eip:Eip",
    "aws:ec2/flowLog:FlowLog",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/addon:Addon",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",
    "aws:sqs/queue:Queue",
)
STARTED = ("instance", "volume")
_WHY = "nobody could tell who pays for it, and whom to ask before it is removed"


def _resource_is_tagged(view: View, context: Context) -> Iterator[Finding]:
    tags = view.peek("tags")
    if not known(tags):
        yield view.blind("tags")
        return
    yield from _missing(view, "tags", tags or {}, context)


def _nodes_are_tagged(view: View, context: Context) -> Iterator[Finding]:
    if view.resource.type != LAUNCH_TEMPLATE:
        return
    given = {
        get(one, "resourceType"): (at, get(one, "tags")) for at, one in view.entries("tagSpecifications")
    }
    for kind in STARTED:
        at, tags = given.get(kind, (f"tagSpecifications[{kind}]", {}))
        if not known(tags):
            yield view.blind(f"{at}.tags")
        else:
            yield from _missing(view, f"{at}.tags", tags or {}, context)


def _missing(view: View, where: str, tags: Mapping[str, Any], context: Context) -> Iterator[Finding]:
    for key in context.options["keys"]:
        value = tags.get(key)
        if known(value) and not value:
            yield view.wrong(
                f"{where}.{key}",
                value,
                why=_WHY,
                fix=f"write it, or give the rule its value in the option values.{key}",
            )


def _add_tags(resource: Resource, context: Context) -> Mapping[str, Any] | None:
    """The remedy: adds what the stack or the rule's options say. What nobody said is not made up."""
    better = deepcopy(dict(resource.props))
    changed = _filled(better, "tags", context)
    if resource.type == LAUNCH_TEMPLATE and known(better.get("tagSpecifications")):
        changed |= _fill_specifications(better, context)
    return better if changed else None


def _fill_specifications(props: dict[str, Any], context: Context) -> bool:
    written = list(props.get("tagSpecifications") or [])
    if not all(known(one) for one in written):
        return False
    specifications = [dict(one) for one in written]
    there = [one.get("resourceType") for one in specifications]
    if not all(known(kind) for kind in there):
        return False
    specifications += [{"resourceType": kind} for kind in STARTED if kind not in there]
    changed = [_filled(one, "tags", context) for one in specifications if one["resourceType"] in STARTED]
    props["tagSpecifications"] = [one for one in specifications if one.get("tags")]
    return any(changed)


def _filled(props: dict[str, Any], key: str, context: Context) -> bool:
    tags = props.get(key)
    if not known(tags):
        return False
    said = {"environment": context.environment.value, **context.options["values"]}
    added = {
        name: said[name]
        for name in context.options["keys"]
        if name in said and known((tags or {}).get(name)) and not (tags or {}).get(name)
    }
    props[key] = {**(tags or {}), **added}
    return bool(added)


RULES = (
    Rule(
        id="tags-required",
        title="Resources of AWS say who owns them, what they belong to and who pays",
        severity=Severity.LOW,
        levels=Levels(dev=Level.REMEDIATE, staging=Level.REMEDIATE, prod=Level.REMEDIATE),
        types=TAGGABLE,
        check=ask(_resource_is_tagged, _nodes_are_tagged),
        remediate=_add_tags,
        options={"keys": ["owner", "environment", "cost-centre"], "values": {}},
    ),
)
