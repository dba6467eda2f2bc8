"""Nodes: metadata, disks, capacity blocks, subnets, tags, and what a remedy changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi_aws
import pytest

from components.facts.environments import Environment
from policies.rule import Resource
from policies.rules.tags import TAGGABLE
from policies.unknown import UNKNOWN
from tests.unit.policies.eks.asking import altered, blind, broken, rule, told, without
from tests.unit.policies.eks.before_up import preview
from tests.unit.policies.eks.good_stack import (
    CLUSTER,
    GROUP,
    KEY,
    ROUTE,
    SUBNET,
    TAGS,
    TEMPLATE,
    good_stack,
    launch_template,
    urn,
    user_data,
)


def _with_template(**props: Any) -> list[Resource]:
    return broken(good_stack(), TEMPLATE, "gpu", **props)


def _disk(**ebs: Any) -> list[dict[str, Any]]:
    whole = {"encrypted": "true", "volumeType": "gp3", "volumeSize": 300, **ebs}
    return [{"deviceName": "/dev/xvda", "ebs": whole}]


def _mended(name: str, resource: Resource, **options: Any) -> Any:
    asked = rule(name)
    assert asked.remediate is not None
    return asked.remediate(resource, asked.context("eks-prod", Environment.PROD, options))


def test_unknown_hops_do_not_hide_optional_tokens() -> None:
    stack = _with_template(metadataOptions={"httpTokens": "optional", "httpPutResponseHopLimit": UNKNOWN})

    assert blind("node-imdsv2", stack) == ["metadataOptions.httpPutResponseHopLimit"]
    assert [where for where, *_ in told("node-imdsv2", stack)] == ["metadataOptions.httpTokens"]


def test_the_remedy_closes_metadata_and_leaves_the_rest() -> None:
    open_ = launch_template(
        "open", 100, metadataOptions={"httpEndpoint": "enabled", "httpTokens": "optional"}
    )

    better = _mended("node-imdsv2", open_)

    assert better == {
        **open_.props,
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        },
    }
    assert told("node-imdsv2", [replace(open_, props=better)]) == []


def test_the_remedy_has_nothing_to_do_with_a_good_template_or_an_unknown_one() -> None:
    assert _mended("node-imdsv2", launch_template("good", 100)) is None
    assert _mended("node-imdsv2", launch_template("new", 100, metadataOptions=UNKNOWN)) is None


def test_the_remedy_keeps_what_is_unknown_unknown() -> None:
    half = launch_template(
        "half", 100, userData=UNKNOWN, metadataOptions={"httpTokens": UNKNOWN, "httpPutResponseHopLimit": 3}
    )

    better = _mended("node-imdsv2", half)

    assert better["userData"] is UNKNOWN
    assert better["metadataOptions"]["httpTokens"] is UNKNOWN
    assert better["metadataOptions"]["httpPutResponseHopLimit"] == 1


@pytest.mark.parametrize("encrypted", ["true", True])
def test_encrypted_may_be_a_text_or_a_switch(encrypted: object) -> None:
    assert told("node-disk-encrypted", _with_template(blockDeviceMappings=_disk(encrypted=encrypted))) == []


@pytest.mark.parametrize(
    ("encrypted", "seen"), [("false", "false"), (False, "false"), ("", ""), (None, None)]
)
def test_anything_else_is_not_encrypted(encrypted: object, seen: str | None) -> None:
    assert told("node-disk-encrypted", _with_template(blockDeviceMappings=_disk(encrypted=encrypted))) == [
        (
            "blockDeviceMappings[0].ebs.encrypted",
            seen,
            "what pods write, models too, would lie on it in the clear",
            "write true",
        )
    ]


def test_one_large_disk_is_enough_as_bottlerocket_has_a_second() -> None:
    two = [*_disk(volumeSize=4), *_disk(volumeSize=300)]

    assert told("node-disk-encrypted", _with_template(blockDeviceMappings=two)) == []


def test_a_mapping_that_takes_a_disk_away_needs_no_encryption() -> None:
    mappings = [*_disk(), {"deviceName": "/dev/sdb", "noDevice": "true"}]

    assert told("node-disk-encrypted", _with_template(blockDeviceMappings=mappings)) == []


def test_an_unknown_size_is_not_taken_for_large() -> None:
    assert blind("node-disk-encrypted", _with_template(blockDeviceMappings=_disk(volumeSize=UNKNOWN))) == [
        "blockDeviceMappings"
    ]


def test_a_template_is_found_in_a_preview_by_what_the_group_depends_on() -> None:
    stack = preview(_with_template(blockDeviceMappings=_disk(volumeSize=20)))

    assert told("node-disk-encrypted", stack) == [
        (
            "blockDeviceMappings",
            "20 GiB",
            "images for GPUs take 10 GiB and more: a few of them fill the disk of gpu",
            "give one of the disks 200 GiB or more",
        )
    ]


def test_fast_pull_needs_a_fast_disk_and_a_machine_that_can_use_it() -> None:
    text = user_data("spec:\n  featureGates:\n    FastImagePull: true\n")
    stack = broken(
        _with_template(userData=text, blockDeviceMappings=_disk(throughput=600)),
        GROUP,
        "gpu",
        instanceTypes=["g5.8xlarge"],
    )

    assert told("node-disk-encrypted", stack) == []


def _block(**props: Any) -> list[Resource]:
    target = {"capacityReservationTarget": {"capacityReservationId": "cr-1"}}
    stack = _with_template(
        instanceMarketOptions={"marketType": "capacity-block"}, capacityReservationSpecification=target
    )
    whole = {
        "capacityType": "CAPACITY_BLOCK",
        "instanceTypes": ["p5.48xlarge"],
        "subnetIds": ["subnet-private-a"],
        **props,
    }
    return broken(stack, GROUP, "gpu", **whole)


def test_a_whole_capacity_block_passes() -> None:
    assert told("capacity-block-single-az", _block()) == []


def test_how_many_subnets_there_are_is_known_before_their_ids_are() -> None:
    assert told("capacity-block-single-az", _block(subnetIds=[UNKNOWN])) == []
    assert [
        seen for _, seen, *_ in told("capacity-block-single-az", _block(subnetIds=[UNKNOWN, UNKNOWN]))
    ] == ["2 subnets"]


def test_a_template_for_a_block_needs_a_group_that_is_one() -> None:
    assert told("capacity-block-single-az", _block(capacityType="ON_DEMAND")) == [
        (
            "capacityType",
            "ON_DEMAND",
            "its launch template asks for a capacity block",
            "write CAPACITY_BLOCK",
        )
    ]


def test_a_reservation_may_be_named_by_its_group() -> None:
    target = {
        "capacityReservationTarget": {"capacityReservationResourceGroupArn": "arn:aws:resource-groups:1"}
    }
    stack = broken(_block(), TEMPLATE, "gpu", capacityReservationSpecification=target)

    assert told("capacity-block-single-az", stack) == []


def test_a_public_route_is_found_by_the_gateway_that_it_depends_on() -> None:
    stack = altered(
        good_stack(),
        GROUP,
        "gpu",
        lambda one: replace(
            one, property_dependencies={**one.property_dependencies, "subnetIds": (urn(SUBNET, "public-a"),)}
        ),
    )
    stack = broken(preview(stack), SUBNET, "public-a", mapPublicIpOnLaunch=False)

    assert told("nodes-private", stack) == [
        (
            "subnetIds",
            "public-a",
            "its route table public leads to an internet gateway: the subnet is public",
            "give the group subnets whose way out is a NAT gateway",
        )
    ]


def test_a_public_route_may_be_written_in_its_table() -> None:
    stack = without(broken(good_stack(), GROUP, "gpu", subnetIds=["subnet-public-a"]), ROUTE, "out")
    stack = broken(stack, SUBNET, "public-a", mapPublicIpOnLaunch=False)
    stack = broken(
        stack,
        "aws:ec2/routeTable:RouteTable",
        "public",
        routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}],
    )

    assert [where for where, *_ in told("nodes-private", stack)] == ["subnetIds"]


def test_public_subnets_without_nodes_are_fine() -> None:
    assert told("nodes-private", good_stack()) == []


def test_subnets_that_nothing_is_known_of_cannot_be_judged() -> None:
    stack = altered(
        broken(good_stack(), GROUP, "gpu", subnetIds=UNKNOWN),
        GROUP,
        "gpu",
        lambda one: replace(one, property_dependencies={}, dependencies=()),
    )

    assert blind("nodes-private", stack) == ["subnetIds"]


def test_a_remedy_adds_the_tags_that_are_known_and_makes_none_up() -> None:
    bare = replace(good_stack()[0], props={"id": "igw-1", "tags": {"owner": "ml-platform"}})

    better = _mended("tags-required", bare)

    assert better["tags"] == {"owner": "ml-platform", "environment": "prod"}
    assert [where for where, *_ in told("tags-required", [replace(bare, props=better)])] == [
        "tags.cost-centre"
    ]


def test_a_remedy_tags_what_a_template_starts() -> None:
    bare = launch_template("bare", 100, tags={}, tagSpecifications=[{"resourceType": "instance"}])
    values = {"owner": "ml-platform", "cost-centre": "4711"}

    better = _mended("tags-required", bare, values=values)

    assert better["tags"] == TAGS
    assert better["tagSpecifications"] == [
        {"resourceType": kind, "tags": TAGS} for kind in ("instance", "volume")
    ]
    assert told("tags-required", [replace(bare, props=better)]) == []


def test_a_remedy_overwrites_no_tag_and_no_unknown() -> None:
    one = replace(good_stack()[0], props={"tags": {**TAGS, "owner": "others", "environment": UNKNOWN}})

    assert _mended("tags-required", one, values={"owner": "us"}) is None
    assert _mended("tags-required", replace(one, props={"tags": UNKNOWN})) is None


@pytest.mark.parametrize("token", TAGGABLE)
def test_what_has_to_be_tagged_can_be(token: str) -> None:
    module, _, name = token.removeprefix("aws:").replace("/", ":").split(":")
    package = getattr(pulumi_aws, module)

    assert "tags" in getattr(package, name)._internal_init.__annotations__


def test_keys_that_aws_cannot_rotate_are_let_be() -> None:
    signing = broken(good_stack(), KEY, "secrets", enableKeyRotation=False, keyUsage="SIGN_VERIFY")

    assert told("kms-rotation", signing) == []


def test_the_price_of_an_unpriced_machine_is_told_beside_the_sum_of_the_others() -> None:
    stack = broken(good_stack(), GROUP, "system", instanceTypes=["x9.new"])

    assert told("gpu-budget", stack, maxHourlyUsd=10) == [
        (
            "scalingConfig.maxSize",
            "x9.new",
            "its price in us-east-1 is not in the table of prices",
            "add it to components/facts/prices.yaml, or write the rule's option region",
        ),
        (
            "spec.limits",
            "20.00 dollars an hour (gpu 4.85, gpu-pool 15.15)",
            "the stack may grow to more than the 10 dollars an hour of its budget",
            "lower a maximum, or raise the rule's option maxHourlyUsd",
        ),
    ]


def test_a_capacity_block_is_paid_and_grows_no_bill() -> None:
    stack = broken(good_stack(), GROUP, "gpu", capacityType="CAPACITY_BLOCK", instanceTypes=["p5.48xlarge"])

    assert told("gpu-budget", stack, maxGpus=100) == []


def test_a_region_that_is_not_known_leaves_the_bill_undecided() -> None:
    stack = [
        replace(one, props={**one.props, "availabilityZone": UNKNOWN}) if one.type == SUBNET else one
        for one in good_stack()
    ]

    assert blind("gpu-budget", stack) == ["region", "region", "region"]
    assert blind("gpu-budget", stack, region="us-east-1") == []


def test_a_cluster_is_no_node() -> None:
    assert not rule("nodes-private").concerns(CLUSTER)
