"""Networks: VPC, subnets, gateways, routes, endpoints, security groups, launch templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.aws.kinds.base import Calls, Kind, Look, Made, Remove, State, listed, mapped, retagged, unique
from tests.components.eks.aws_requests import OPERATIONS


def _retag(aws: Calls, key: str, old: State, new: State) -> None:
    put, gone = retagged(old, new)
    if put:
        aws("ec2", "CreateTags", Resources=[key], Tags=listed(put))
    if gone:
        aws("ec2", "DeleteTags", Resources=[key], Tags=[{"Key": key} for key in gone])


def _described(
    operation: str,
    parameter: str,
    answer: str,
    observe: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {},
) -> Look:
    """Look by id; a thing that is only remembered as deleted is gone."""

    def look(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
        found = aws("ec2", operation, **{parameter: [key]})[answer]
        if not found or found[0].get("State") in {"deleted", "deleting"}:
            return None
        tags = {"tags": mapped(found[0]["Tags"])} if found[0].get("Tags") else {}
        return {**tags, **observe(found[0])}

    return look


def _removed(operation: str, parameter: str) -> Remove:
    return lambda aws, key, _: aws("ec2", operation, **{parameter: key})


def _vpc_names(aws: Calls, made: Made, inputs: State) -> None:
    # One attribute a call (ModifyVpcAttribute).
    for key, name in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        aws("ec2", "ModifyVpcAttribute", VpcId=made.id, **{name: {"Value": inputs[key]}})


def _addresses(aws: Calls, made: Made, inputs: State) -> None:
    on = inputs["mapPublicIpOnLaunch"]
    aws("ec2", "ModifySubnetAttribute", SubnetId=made.id, MapPublicIpOnLaunch={"Value": on})


def _attach(aws: Calls, made: Made, inputs: State) -> None:
    aws("ec2", "AttachInternetGateway", InternetGatewayId=made.id, VpcId=inputs["vpcId"])


def _detach_and_delete(aws: Calls, key: str, state: State) -> None:
    aws("ec2", "DetachInternetGateway", InternetGatewayId=key, VpcId=state["vpcId"])
    aws("ec2", "DeleteInternetGateway", InternetGatewayId=key)


def _route(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    (table,) = aws("ec2", "DescribeRouteTables", RouteTableIds=[state["routeTableId"]])["RouteTables"]
    for route in table["Routes"]:
        if route.get("DestinationCidrBlock") == state["destinationCidrBlock"]:
            targets = {"gatewayId": route.get("GatewayId"), "natGatewayId": route.get("NatGatewayId")}
            return {key: target for key, target in targets.items() if target}
    return None


def _turn_route(aws: Calls, key: str, old: State, new: State) -> None:
    request = OPERATIONS["aws:ec2/route:Route"].request(new)
    aws("ec2", "ReplaceRoute", **request)


def _drop_route(aws: Calls, key: str, state: State) -> None:
    block = state["destinationCidrBlock"]
    aws("ec2", "DeleteRoute", RouteTableId=state["routeTableId"], DestinationCidrBlock=block)


def _association(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    (table,) = aws("ec2", "DescribeRouteTables", RouteTableIds=[state["routeTableId"]])["RouteTables"]
    known = {each["RouteTableAssociationId"] for each in table["Associations"]}
    return {} if key in known else None


def _rule(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    found = aws("ec2", "DescribeSecurityGroupRules", SecurityGroupRuleIds=[key])["SecurityGroupRules"]
    return {"cidrIpv4": found[0]["CidrIpv4"]} if found else None


def _drop_rule(aws: Calls, key: str, state: State) -> None:
    group = state["securityGroupId"]
    aws("ec2", "RevokeSecurityGroupIngress", GroupId=group, SecurityGroupRuleIds=[key])


def _template(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    found = aws("ec2", "DescribeLaunchTemplates", LaunchTemplateIds=[key])["LaunchTemplates"]
    if not found:
        return None
    # Moto describes templates with the tags of their first day.
    tags = aws("ec2", "DescribeTags", Filters=[{"Name": "resource-id", "Values": [key]}])["Tags"]
    return {"latestVersion": found[0]["LatestVersionNumber"], "tags": mapped(tags)}


def _new_version(aws: Calls, key: str, old: State, new: State) -> Mapping[str, Any]:
    data = OPERATIONS["aws:ec2/launchTemplate:LaunchTemplate"].request(new)["LaunchTemplateData"]
    answer = aws("ec2", "CreateLaunchTemplateVersion", LaunchTemplateId=key, LaunchTemplateData=data)
    version = answer["LaunchTemplateVersion"]["VersionNumber"]
    aws("ec2", "ModifyLaunchTemplate", LaunchTemplateId=key, DefaultVersion=str(version))
    return {"latestVersion": version, "defaultVersion": version}


def _endpoint_routes(aws: Calls, key: str, old: State, new: State) -> None:
    before, after = set(old["routeTableIds"]), set(new["routeTableIds"])
    aws(
        "ec2",
        "ModifyVpcEndpoint",
        VpcEndpointId=key,
        AddRouteTableIds=sorted(after - before),
        RemoveRouteTableIds=sorted(before - after),
    )


def _in(*path: str) -> Callable[[Mapping[str, Any], State], str]:
    def identity(answer: Mapping[str, Any], inputs: State) -> str:
        found: Any = answer
        for step in path:
            found = found[step]
        return str(found)

    return identity


_TAGS = {"tags": _retag}
_TEMPLATE_DATA = (
    "blockDeviceMappings",
    "capacityReservationSpecification",
    "instanceMarketOptions",
    "metadataOptions",
    "tagSpecifications",
    "userData",
)

EC2 = (
    Kind(
        token="aws:ec2/vpc:Vpc",
        identity=_in("Vpc", "VpcId"),
        more=_vpc_names,
        look=_described("DescribeVpcs", "VpcIds", "Vpcs", lambda vpc: {"cidrBlock": vpc["CidrBlock"]}),
        changes=_TAGS,
        remove=_removed("DeleteVpc", "VpcId"),
        replaces=frozenset({"cidrBlock"}),
    ),
    Kind(
        token="aws:ec2/subnet:Subnet",
        identity=_in("Subnet", "SubnetId"),
        more=_addresses,
        look=_described("DescribeSubnets", "SubnetIds", "Subnets"),
        changes=_TAGS,
        remove=_removed("DeleteSubnet", "SubnetId"),
        replaces=frozenset({"availabilityZone", "cidrBlock", "vpcId"}),
    ),
    Kind(
        token="aws:ec2/internetGateway:InternetGateway",
        identity=_in("InternetGateway", "InternetGatewayId"),
        more=_attach,
        look=_described("DescribeInternetGateways", "InternetGatewayIds", "InternetGateways"),
        changes=_TAGS,
        remove=_detach_and_delete,
    ),
    Kind(
        token="aws:ec2/eip:Eip",
        identity=_in("AllocationId"),
        outputs=lambda answer, _: {"allocationId": answer["AllocationId"], "publicIp": answer["PublicIp"]},
        look=_described("DescribeAddresses", "AllocationIds", "Addresses"),
        changes=_TAGS,
        remove=_removed("ReleaseAddress", "AllocationId"),
        replaces=frozenset({"domain"}),
    ),
    Kind(
        token="aws:ec2/natGateway:NatGateway",
        identity=_in("NatGateway", "NatGatewayId"),
        look=_described("DescribeNatGateways", "NatGatewayIds", "NatGateways"),
        changes=_TAGS,
        remove=_removed("DeleteNatGateway", "NatGatewayId"),
        replaces=frozenset({"allocationId", "subnetId"}),
    ),
    Kind(
        token="aws:ec2/routeTable:RouteTable",
        identity=_in("RouteTable", "RouteTableId"),
        look=_described("DescribeRouteTables", "RouteTableIds", "RouteTables"),
        changes=_TAGS,
        remove=_removed("DeleteRouteTable", "RouteTableId"),
        replaces=frozenset({"vpcId"}),
    ),
    Kind(
        token="aws:ec2/route:Route",
        identity=lambda _, inputs: f"r-{inputs['routeTableId']}1080289494",
        look=_route,
        changes={"gatewayId": _turn_route, "natGatewayId": _turn_route},
        remove=_drop_route,
        replaces=frozenset({"destinationCidrBlock", "routeTableId"}),
    ),
    Kind(
        token="aws:ec2/routeTableAssociation:RouteTableAssociation",
        identity=_in("AssociationId"),
        look=_association,
        remove=_removed("DisassociateRouteTable", "AssociationId"),
        replaces=frozenset({"subnetId"}),
    ),
    Kind(
        token="aws:ec2/vpcEndpoint:VpcEndpoint",
        identity=_in("VpcEndpoint", "VpcEndpointId"),
        look=_described("DescribeVpcEndpoints", "VpcEndpointIds", "VpcEndpoints"),
        changes={**_TAGS, "routeTableIds": _endpoint_routes},
        remove=lambda aws, key, _: aws("ec2", "DeleteVpcEndpoints", VpcEndpointIds=[key]),
        replaces=frozenset({"serviceName", "vpcEndpointType", "vpcId"}),
    ),
    Kind(
        token="aws:ec2/securityGroup:SecurityGroup",
        identity=_in("GroupId"),
        named=lambda name: {"GroupName": unique(f"{name}-", 7)},
        look=_described("DescribeSecurityGroups", "GroupIds", "SecurityGroups"),
        changes=_TAGS,
        remove=_removed("DeleteSecurityGroup", "GroupId"),
        replaces=frozenset({"description", "name", "namePrefix", "vpcId"}),
    ),
    Kind(
        token="aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        identity=lambda answer, _: answer["SecurityGroupRules"][0]["SecurityGroupRuleId"],
        look=_rule,
        changes=_TAGS,
        remove=_drop_rule,
        replaces=frozenset({"securityGroupId"}),
    ),
    Kind(
        token="aws:ec2/launchTemplate:LaunchTemplate",
        identity=_in("LaunchTemplate", "LaunchTemplateId"),
        outputs=lambda answer, _: {
            "latestVersion": 1,
            "defaultVersion": 1,
            "name": answer["LaunchTemplateName"],
        },
        named=lambda name: {"LaunchTemplateName": unique(f"{name}-")},
        look=_template,
        changes={**_TAGS, **dict.fromkeys(_TEMPLATE_DATA, _new_version)},
        remove=_removed("DeleteLaunchTemplate", "LaunchTemplateId"),
        replaces=frozenset({"name", "namePrefix"}),
        moving=("defaultVersion", "latestVersion"),
    ),
)
