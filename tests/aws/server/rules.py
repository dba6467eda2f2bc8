"""What EC2 refuses and moto lets pass: what still hangs on a network cannot be pulled from under it.

Codes and texts are EC2's (EC2 API reference, "Error codes"; texts from memory).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.aws.kinds.base import Calls
from tests.aws.server.wire import Refusal

Form = Mapping[str, str]
Rule = Callable[[Calls, Form], None]


def _named(name: str, *values: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)}]


def interfaces(aws: Calls, kind: str, value: str) -> list[Mapping[str, Any]]:
    """Network interfaces of a subnet, a VPC or a security group."""
    answer = aws("ec2", "DescribeNetworkInterfaces", Filters=_named(kind, value))
    return list(answer["NetworkInterfaces"])


def _nat_gateways(aws: Calls, **wanted: str) -> list[Mapping[str, Any]]:
    gateways = aws("ec2", "DescribeNatGateways")["NatGateways"]
    return [each for each in gateways if each["State"] != "deleted" and wanted.items() <= each.items()]


def _endpoints(aws: Calls, vpc: str) -> list[Mapping[str, Any]]:
    found = aws("ec2", "DescribeVpcEndpoints", Filters=_named("vpc-id", vpc))["VpcEndpoints"]
    return [each for each in found if each["State"] != "deleted"]


def _subnet(aws: Calls, form: Form) -> None:
    found = interfaces(aws, "subnet-id", form["SubnetId"])
    if found:
        owners = ", ".join(sorted({each["Description"] or each["NetworkInterfaceId"] for each in found}))
        raise Refusal(
            "DependencyViolation",
            f"The subnet '{form['SubnetId']}' has dependencies and cannot be deleted. ({owners})",
        )


def _detach(aws: Calls, form: Form) -> None:
    if _nat_gateways(aws, VpcId=form["VpcId"]):
        raise Refusal(
            "DependencyViolation",
            f"Network {form['VpcId']} has some mapped public address(es). Please unmap those public "
            "address(es) before detaching the gateway.",
        )


def _vpc(aws: Calls, form: Form) -> None:
    vpc = form["VpcId"]
    groups = aws("ec2", "DescribeSecurityGroups", Filters=_named("vpc-id", vpc))["SecurityGroups"]
    gateways = aws("ec2", "DescribeInternetGateways", Filters=_named("attachment.vpc-id", vpc))
    hanging = [
        *(each["GroupName"] for each in groups if each["GroupName"] != "default"),
        *(each["InternetGatewayId"] for each in gateways["InternetGateways"]),
        *(each["NetworkInterfaceId"] for each in interfaces(aws, "vpc-id", vpc)),
        *(each["VpcEndpointId"] for each in _endpoints(aws, vpc)),
    ]
    if hanging:
        text = f"The vpc '{vpc}' has dependencies and cannot be deleted. ({', '.join(sorted(hanging))})"
        raise Refusal("DependencyViolation", text)


def _group(aws: Calls, form: Form) -> None:
    group = form["GroupId"]
    found = aws("ec2", "DescribeVpcEndpoints")["VpcEndpoints"]
    endpoints = [
        each["VpcEndpointId"]
        for each in found
        if each["State"] != "deleted" and group in {used["GroupId"] for used in each.get("Groups", [])}
    ]
    if endpoints or interfaces(aws, "group-id", group):
        raise Refusal("DependencyViolation", f"resource {group} has a dependent object")


def _address(aws: Calls, form: Form) -> None:
    held = {
        address.get("AllocationId")
        for gateway in _nat_gateways(aws)
        for address in gateway["NatGatewayAddresses"]
    }
    if form["AllocationId"] in held:
        text = f"Address with allocation id {form['AllocationId']} cannot be released because it is in use."
        raise Refusal("InvalidIPAddress.InUse", text)


def _nat(aws: Calls, form: Form) -> None:
    (subnet,) = aws("ec2", "DescribeSubnets", SubnetIds=[form["SubnetId"]])["Subnets"]
    gateways = aws("ec2", "DescribeInternetGateways", Filters=_named("attachment.vpc-id", subnet["VpcId"]))
    if not gateways["InternetGateways"]:
        text = f"Network {subnet['VpcId']} has no Internet gateway attached"
        raise Refusal("Gateway.NotAttached", text)


BEFORE: Mapping[str, Rule] = {
    "CreateNatGateway": _nat,
    "DeleteSecurityGroup": _group,
    "DeleteSubnet": _subnet,
    "DeleteVpc": _vpc,
    "DetachInternetGateway": _detach,
    "ReleaseAddress": _address,
}
"""By operation: looked at before moto is asked."""


def _interface_of_nat(aws: Calls, form: Form) -> None:
    """Moto keeps the interface of a NAT gateway that is gone."""
    (gateway,) = aws("ec2", "DescribeNatGateways", NatGatewayIds=[form["NatGatewayId"]])["NatGateways"]
    for address in gateway["NatGatewayAddresses"]:
        aws("ec2", "DeleteNetworkInterface", NetworkInterfaceId=address["NetworkInterfaceId"])


AFTER: Mapping[str, Rule] = {"DeleteNatGateway": _interface_of_nat}
"""By operation: done when moto has taken it."""


def ways_out(aws: Calls, subnet: str) -> list[str]:
    """Why machines of a subnet reach neither the internet nor AWS's own services; nothing if they do.

    Without a way out a machine cannot pull an image, nor learn which cluster it belongs to.
    """
    tables = aws("ec2", "DescribeRouteTables", Filters=_named("association.subnet-id", subnet))["RouteTables"]
    routes = [route for table in tables for route in table["Routes"]]
    out = [route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
    if any(route.get("NatGatewayId") or route.get("GatewayId") for route in out):
        return []
    (found,) = aws("ec2", "DescribeSubnets", SubnetIds=[subnet])["Subnets"]
    services = {each["ServiceName"].split(".", 3)[-1] for each in _endpoints(aws, found["VpcId"])}
    missing = sorted({"ec2", "ecr.api", "ecr.dkr", "s3", "sts"} - services)
    return [f"{subnet} has no route out and no endpoints of {', '.join(missing)}"] if missing else []
