"""What machines are started with: disk, metadata service, tags, reservation."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.cluster.eks.machine_plan import MachinePlan
from components.cluster.eks.place import Place

# Kinds of resources that start with a machine and can be tagged with it.
_TAGGED = ("instance", "network-interface", "volume")


def launch_template(
    name: str,
    place: Place,
    plan: MachinePlan,
    key_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.LaunchTemplate:
    """The template of a group.

    It names no security group: machines take the cluster's own, so that the control plane reaches every
    webhook on every port, and no type or image: these are the node group's.

    Args:
        name: The group's name.
        place: Of the cluster.
        plan: The group.
        key_arn: Key of its disks; None for AWS's own.
        opts: Options of the resource.
    """
    tags = place.tagged(name)
    return aws.ec2.LaunchTemplate(
        name,
        name_prefix=f"{place.name(name, longest=80)}-",
        update_default_version=True,
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            # One hop ends at the machine: pods do not get its role.
            http_put_response_hop_limit=1,
        ),
        block_device_mappings=[_disk(plan, key_arn)],
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags) for kind in _TAGGED
        ],
        user_data=plan.user_data,
        tags=tags,
        opts=opts,
        **_reserved(plan),
    )


def _disk(
    plan: MachinePlan, key_arn: pulumi.Input[str] | None
) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=plan.volume_device,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=plan.volume.size_gib,
            throughput=plan.volume.throughput_mibs,
            iops=plan.volume.iops,
            # The provider takes texts here.
            encrypted="true",
            delete_on_termination="true",
            kms_key_id=key_arn,
        ),
    )


def _reserved(plan: MachinePlan) -> dict[str, Any]:
    if plan.reservation is None:
        return {}
    target = aws.ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs
    by_group = plan.reservation.startswith("arn:")
    chosen: dict[str, Any] = {
        "capacity_reservation_specification": aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
            capacity_reservation_target=target(capacity_reservation_resource_group_arn=plan.reservation)
            if by_group
            else target(capacity_reservation_id=plan.reservation)
        )
    }
    if plan.block:
        market = aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block")
        chosen["instance_market_options"] = market
    return chosen
