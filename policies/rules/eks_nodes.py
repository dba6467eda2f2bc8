"""What nodes must be: deaf to pods that ask for their role, encrypted, and with disks that large images need.

Facts: an AL2023 or Bottlerocket AMI sets a hop limit of 2 where the launch template says nothing, so saying
nothing is not the safe 1 (EC2 user guide, instance metadata options). Fast image pull is slower than the
ordinary one below 600 MiB/s (AI on EKS, SOCI parallel pull).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from policies.aws.node_groups import (
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    has_gpus,
    instance_types,
    machines,
    template,
    user_data,
)
from policies.aws.questions import given, has_right
from policies.aws.view import View, ask, ask_stack, of, told, yes
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.unknown import get, known

_NODES = (NODE_GROUP, LAUNCH_TEMPLATE)


_tokens_are_required = has_right(
    ("metadataOptions", "httpTokens"),
    lambda tokens: tokens == "required",
    why="a server that can be talked into a request hands out the node's credentials",
    fix="write required",
)
_pods_are_too_far = has_right(
    ("metadataOptions", "httpPutResponseHopLimit"),
    lambda hops: hops is not None and hops <= 1,
    why="a pod is two hops away, and would get the node's credentials",
    fix="write 1",
)
_there_is_a_template = given(
    "launchTemplate",
    why="EKS makes one with a hop limit of 2: every pod gets the node's credentials",
    fix="give the group a launch template with metadataOptions",
)
_the_group_has_such_a_disk = given(
    "launchTemplate",
    why="the disk would be EKS's default: 20 GiB, encrypted only if the account says so",
    fix="give the group a launch template with blockDeviceMappings",
)


def _close_metadata(resource: Resource, _: Context) -> Mapping[str, Any] | None:
    """The remedy: only values that are known and wrong are changed, and nothing else."""
    if resource.type != LAUNCH_TEMPLATE:
        return None
    options = get(resource.props, "metadataOptions")
    if not known(options):
        return None
    mended = dict(options or {})
    tokens, hops = mended.get("httpTokens"), mended.get("httpPutResponseHopLimit")
    if known(tokens) and tokens != "required":
        mended["httpTokens"] = "required"
    if known(hops) and (hops is None or hops > 1):
        mended["httpPutResponseHopLimit"] = 1
    if all(mended.get(key) is (options or {}).get(key) for key in mended):
        return None
    better = deepcopy(dict(resource.props))
    better["metadataOptions"] = mended
    return better


def _disks_are_encrypted(launch: View, _: Context) -> Iterator[Finding]:
    mappings = launch.entries("blockDeviceMappings")
    if not mappings:
        yield launch.wrong(
            "blockDeviceMappings",
            None,
            why="the disk would be the AMI's: small, and encrypted only if the account says so",
            fix="describe the disk: encrypted, gp3",
        )
    for at, mapping in mappings:
        yield from _one_disk(launch, at, mapping)


def _one_disk(launch: View, at: str, mapping: object) -> Iterator[Finding]:
    if get(mapping, "noDevice") is not None or get(mapping, "virtualName") is not None:
        return
    for key, right, why in (
        ("encrypted", "true", "what pods write, models too, would lie on it in the clear"),
        ("volumeType", "gp3", "it is slower than gp3 for its price, and its throughput cannot be chosen"),
    ):
        value = get(mapping, "ebs", key)
        if not known(value):
            yield launch.blind(f"{at}.ebs.{key}")
        elif not (yes(value) if key == "encrypted" else value == right):
            yield launch.wrong(f"{at}.ebs.{key}", value, why=why, fix=f"write {right}")


def _gpu_disks_are_large(group: View, context: Context) -> Iterator[Finding]:
    if not has_gpus(group):
        return
    launch = template(group)
    if launch is None:
        return
    least = context.options["gpuGiB"]
    disks = launch.entries("blockDeviceMappings")
    sizes = [get(mapping, "ebs", "volumeSize") for _, mapping in disks]
    if not disks or any(known(size) and (size or 0) >= least for size in sizes):
        return
    if not all(known(size) for size in sizes):
        yield launch.blind("blockDeviceMappings")
        return
    yield launch.wrong(
        "blockDeviceMappings",
        ", ".join("no size" if size is None else f"{size} GiB" for size in sizes),
        why=f"images for GPUs take 10 GiB and more: a few of them fill the disk of {group.resource.name}",
        fix=f"give one of the disks {least} GiB or more",
    )


def _fast_pull_has_throughput(group: View, context: Context) -> Iterator[Finding]:
    launch = template(group)
    if launch is None or "FastImagePull: true" not in user_data(launch):
        return
    least = context.options["fastPullMiBps"]
    for at, mapping in launch.entries("blockDeviceMappings"):
        throughput = get(mapping, "ebs", "throughput")
        if not known(throughput):
            yield launch.blind(f"{at}.ebs.throughput")
        elif (throughput or 125) < least:
            yield launch.wrong(
                f"{at}.ebs.throughput",
                throughput,
                why=f"FastImagePull is slower than an ordinary pull below {least} MiB/s",
                fix=f"write {least}, or turn FastImagePull off",
            )
    slow = [one for one in machines(group) if one.ebs_most < least]
    for one in slow:
        yield group.wrong(
            "instanceTypes",
            one.name,
            why=f"it reads {one.ebs_most:g} MB/s from its disks at most: FastImagePull would be slower",
            fix="choose a larger type, or turn FastImagePull off",
        )


def _blocks_are_whole(group: View, _: Context) -> Iterator[Finding]:
    launch = template(group)
    market = launch.get("instanceMarketOptions", "marketType") if launch else None
    is_block = group.get("capacityType", default="ON_DEMAND") == "CAPACITY_BLOCK"
    if is_block and launch is not None and market != "capacity-block":
        yield launch.wrong(
            "instanceMarketOptions.marketType",
            market,
            why=f"{group.resource.name} is of type CAPACITY_BLOCK, and its machines would be on demand",
            fix="write capacity-block",
        )
    if market == "capacity-block" and not is_block:
        yield group.wrong(
            "capacityType",
            group.peek("capacityType"),
            why="its launch template asks for a capacity block",
            fix="write CAPACITY_BLOCK",
        )
    if is_block and group.peek("launchTemplate") is None:
        yield group.wrong(
            "launchTemplate",
            None,
            why="only a launch template can name the reservation of a capacity block",
            fix="give the group one",
        )


def _blocks_are_in_one_zone(group: View, _: Context) -> Iterator[Finding]:
    if group.get("capacityType", default="ON_DEMAND") != "CAPACITY_BLOCK":
        return
    subnets = group.entries("subnetIds")  # how many there are is known, even if their ids are not
    if len(subnets) != 1:
        yield group.wrong(
            "subnetIds",
            f"{len(subnets)} subnets",
            why="a capacity block is in one zone: machines asked for in another never come",
            fix="name only the subnet of the block's zone",
        )


def _blocks_name_their_reservation(group: View, _: Context) -> Iterator[Finding]:
    if group.get("capacityType", default="ON_DEMAND") != "CAPACITY_BLOCK":
        return
    launch = template(group)
    if launch is None:
        return
    target = launch.get("capacityReservationSpecification", "capacityReservationTarget", default={})
    if not (target.get("capacityReservationId") or target.get("capacityReservationResourceGroupArn")):
        yield launch.wrong(
            "capacityReservationSpecification.capacityReservationTarget",
            None,
            why=f"{group.resource.name} would start nothing: a block is used by its reservation's id",
            fix="write capacityReservationId",
        )


def _blocks_have_one_type(group: View, _: Context) -> Iterator[Finding]:
    if group.get("capacityType", default="ON_DEMAND") != "CAPACITY_BLOCK":
        return
    types = instance_types(group)
    if len(types) != 1:
        yield group.wrong(
            "instanceTypes",
            told(types),
            why="a capacity block is of one instance type",
            fix="write the block's type alone",
        )


RULES = (
    Rule(
        id="node-imdsv2",
        title="Pods cannot get the credentials of the node that they run on",
        severity=Severity.CRITICAL,
        levels=Levels(dev=Level.MANDATORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=_NODES,
        check=ask(
            of([LAUNCH_TEMPLATE], _tokens_are_required),
            of([LAUNCH_TEMPLATE], _pods_are_too_far),
            of([NODE_GROUP], _there_is_a_template),
        ),
        remediate=_close_metadata,
    ),
    Rule(
        id="node-disk-encrypted",
        title="Disks of nodes are encrypted gp3 volumes, on GPU nodes as large and fast as images need",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=_NODES,
        check_stack=ask_stack(
            _NODES,
            of([LAUNCH_TEMPLATE], _disks_are_encrypted),
            of([NODE_GROUP], _the_group_has_such_a_disk),
            of([NODE_GROUP], _gpu_disks_are_large),
            of([NODE_GROUP], _fast_pull_has_throughput),
        ),
        options={"gpuGiB": 200, "fastPullMiBps": 600},
    ),
    Rule(
        id="capacity-block-single-az",
        title="A node group on a capacity block is in its zone, of its type, and names its reservation",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.MANDATORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=_NODES,
        check_stack=ask_stack(
            [NODE_GROUP],
            _blocks_are_whole,
            _blocks_are_in_one_zone,
            _blocks_name_their_reservation,
            _blocks_have_one_type,
        ),
    ),
)
