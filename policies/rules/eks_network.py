"""Where nodes are: in subnets that the internet cannot reach."""

from __future__ import annotations

from collections.abc import Iterator

from policies.aws.node_groups import LAUNCH_TEMPLATE, NODE_GROUP
from policies.aws.view import View, ask_stack, yes
from policies.rule import Context, Finding, Level, Levels, Rule, Severity
from policies.unknown import get, known

SUBNET = "aws:ec2/subnet:Subnet"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"


def _subnets_give_no_public_address(group: View, _: Context) -> Iterator[Finding]:
    for subnet in group.refers("subnetIds", SUBNET):
        value = subnet.peek("mapPublicIpOnLaunch")
        if not known(value):
            yield subnet.blind("mapPublicIpOnLaunch")
        elif value:
            yield subnet.wrong(
                "mapPublicIpOnLaunch",
                value,
                why=f"nodes of {group.resource.name} would have public addresses",
                fix="write false, or give the group private subnets",
            )


def _subnets_have_no_way_in(group: View, _: Context) -> Iterator[Finding]:
    for subnet in group.refers("subnetIds", SUBNET):
        for association in subnet.referrers("subnetId", ASSOCIATION):
            for table in association.refers("routeTableId", ROUTE_TABLE):
                yield from _table_leads_outside(group, subnet, table)


def _table_leads_outside(group: View, subnet: View, table: View) -> Iterator[Finding]:
    outside = [route for route in table.referrers("routeTableId", ROUTE) if _by_gateway(route)]
    inline = [
        at
        for at, route in (table.entries("routes") if known(table.peek("routes")) else [])
        if known(get(route, "gatewayId")) and str(get(route, "gatewayId") or "").startswith("igw-")
    ]
    if outside or inline:
        yield group.wrong(
            "subnetIds",
            subnet.resource.name,
            why=f"its route table {table.resource.name} leads to an internet gateway: the subnet is public",
            fix="give the group subnets whose way out is a NAT gateway",
        )


def _by_gateway(route: View) -> bool:
    gateway = route.peek("gatewayId")
    if known(gateway):
        return str(gateway or "").startswith("igw-")
    urns = route.resource.property_dependencies.get("gatewayId", route.resource.dependencies)
    return any(one.resource.urn in urns for one in route.others(GATEWAY))


def _template_gives_no_public_address(group: View, _: Context) -> Iterator[Finding]:
    if group.peek("launchTemplate") is None:
        return
    for launch in group.refers("launchTemplate", LAUNCH_TEMPLATE):
        for at, interface in launch.entries("networkInterfaces"):
            value = get(interface, "associatePublicIpAddress")
            if not known(value):
                yield launch.blind(f"{at}.associatePublicIpAddress")
            elif yes(value):
                yield launch.wrong(
                    f"{at}.associatePublicIpAddress",
                    value,
                    why=f"nodes of {group.resource.name} would have public addresses",
                    fix="write false",
                )


RULES = (
    Rule(
        id="nodes-private",
        title="Nodes have no public address, and their subnets no route from the internet",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(NODE_GROUP, LAUNCH_TEMPLATE, SUBNET, ROUTE_TABLE, ROUTE, ASSOCIATION, GATEWAY),
        check_stack=ask_stack(
            [NODE_GROUP],
            _subnets_give_no_public_address,
            _subnets_have_no_way_in,
            _template_gives_no_public_address,
        ),
    ),
)
