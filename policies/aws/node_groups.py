"""Managed node groups: their launch template, their machines, their GPUs.

A group takes its instance types from itself or from its launch template, never from both; without either EKS
takes t3.medium. Its AMI type alone does not tell whether it has GPUs, nor does a label: the types do.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from components.facts.instances import Instance, find
from policies.aws.view import Blind, View

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GPU_KEY = "nvidia.com/gpu"

DEFAULT_TYPE = "t3.medium"
DEFAULT_AMI = "AL2023_x86_64_STANDARD"


def template(group: View) -> View | None:
    """The launch template of a group; None where it has none, or one that is not of this stack."""
    if group.peek("launchTemplate") is None:
        return None
    found = group.refers("launchTemplate", LAUNCH_TEMPLATE)
    return found[0] if found else None


def instance_types(group: View) -> list[str]:
    """The names of the types that a group may start.

    Raises:
        Blind: They are not known, or said in a launch template that is not of this stack.
    """
    own = group.get("instanceTypes", default=[])
    if own:
        return [str(name) for name in own]
    launch = template(group)
    if launch is None and group.peek("launchTemplate") is not None:
        raise Blind("launchTemplate", group.resource)  # it is of another stack
    one = launch.get("instanceType") if launch else None
    return [str(one or DEFAULT_TYPE)]


def machines(group: View) -> list[Instance]:
    """What the catalogue knows of a group's types; those that it does not know are left out."""
    return known_machines(instance_types(group))


def known_machines(names: Iterable[str]) -> list[Instance]:
    """What the catalogue knows of some types."""
    return [machine for machine in map(find, names) if machine]


def has_gpus(group: View) -> bool:
    """Whether nodes of a group have NVIDIA GPUs, or are made to have."""
    return is_nvidia(group.get("amiType", default="")) or any(one.gpus for one in machines(group))


def is_nvidia(ami: str) -> bool:
    """Whether an AMI type brings NVIDIA's driver."""
    return "NVIDIA" in ami or ami == "AL2_x86_64_GPU"


def user_data(launch: View) -> str:
    """What a launch template hands to the node at its start, decoded as far as it can be."""
    written = str(launch.get("userData", default=""))
    try:
        return base64.b64decode(written, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return written
