"""A group's settings to what EKS is asked for: image, labels, taints, disk, reservation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.cluster.eks.user_data import user_data
from components.settings.eks.derived import Volume, architecture_of, desired_size, gpu_of, volume_of
from components.settings.eks.nodes import GpuSettings, NodeGroup
from components.settings.eks.sharing import CONFIG_LABEL, brings_its_plugin, config_name, shown_gpus

GPU_RESOURCE = "nvidia.com/gpu"
ACCELERATOR = "k8s.amazonaws.com/accelerator"
POOL = "kserve-platform/pool"

# amiType of the EKS API by system, architecture and whether there are GPUs.
_AMIS: Mapping[tuple[str, str, bool], str] = {
    ("al2023", "x86_64", False): "AL2023_x86_64_STANDARD",
    ("al2023", "x86_64", True): "AL2023_x86_64_NVIDIA",
    ("al2023", "arm64", False): "AL2023_ARM_64_STANDARD",
    ("al2023", "arm64", True): "AL2023_ARM_64_NVIDIA",
    ("bottlerocket", "x86_64", False): "BOTTLEROCKET_x86_64",
    ("bottlerocket", "x86_64", True): "BOTTLEROCKET_x86_64_NVIDIA",
    ("bottlerocket", "arm64", False): "BOTTLEROCKET_ARM_64",
    ("bottlerocket", "arm64", True): "BOTTLEROCKET_ARM_64_NVIDIA",
}
# A reservation is drawn from by machines that are bought on demand.
_CAPACITY = {
    "onDemand": "ON_DEMAND",
    "spot": "SPOT",
    "capacityReservation": "ON_DEMAND",
    "capacityBlock": "CAPACITY_BLOCK",
}
_EFFECTS = {
    "NoSchedule": "NO_SCHEDULE",
    "PreferNoSchedule": "PREFER_NO_SCHEDULE",
    "NoExecute": "NO_EXECUTE",
}
# Kubernetes' spelling, which the autoscaler reads, of what the API of EKS spells in its own way.
KUBERNETES_EFFECTS = {theirs: ours for ours, theirs in _EFFECTS.items()}

_SCALER = "k8s.io/cluster-autoscaler"
_WHOLE = GpuSettings()


@dataclass(frozen=True)
class Taint:
    """A taint, its effect as the API of EKS spells it."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, kw_only=True)
class MachinePlan:
    """What EKS is asked for.

    Attributes:
        ami_type, capacity_type: As the EKS API names them.
        instance_types: The most wanted first.
        min_size, desired_size, max_size: Machines.
        labels, taints: Of the nodes.
        volume: Disk of each machine.
        volume_device: Device that holds images and pods.
        reservation: Capacity that was bought before; None without.
        block: The reservation is a capacity block.
        gpus: GPUs of one machine.
        shown_gpus: What one machine shows to pods: more, where its GPUs are shared.
        user_data: What a machine is told at its start, base64; None for nothing.
    """

    ami_type: str
    capacity_type: str
    instance_types: tuple[str, ...]
    min_size: int
    desired_size: int
    max_size: int
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    volume: Volume
    volume_device: str
    reservation: str | None
    block: bool
    gpus: int
    shown_gpus: int
    user_data: str | None


def plan_machines(name: str, group: NodeGroup, sharing: GpuSettings = _WHOLE) -> MachinePlan:
    """What a group of machines becomes.

    Args:
        name: The group's name.
        group: Its settings.
        sharing: How the cluster's GPUs are shared.
    """
    gpu = gpu_of(group)
    labels = {**group.labels, POOL: name}
    taints = tuple(Taint(taint.key, taint.value, _EFFECTS[taint.effect]) for taint in group.taints)
    if gpu is not None:
        # The autoscaler waits for GPUs on nodes with the first label, instead of adding one more while the
        # device plugin of the last one is still starting.
        labels |= {ACCELERATOR: gpu.name, "nvidia.com/gpu.present": "true"}
        taints = (*taints, Taint(GPU_RESOURCE, "true", "NO_SCHEDULE"))
        if not brings_its_plugin(group):
            labels |= {CONFIG_LABEL: config_name(sharing)}
    bottlerocket = group.ami == "bottlerocket"
    return MachinePlan(
        ami_type=_AMIS[group.ami, architecture_of(group), gpu is not None],
        capacity_type=_CAPACITY[group.capacity],
        instance_types=tuple(group.instance_types),
        min_size=group.min_size,
        desired_size=desired_size(group),
        max_size=group.max_size,
        labels=labels,
        taints=taints,
        volume=volume_of(group),
        # Bottlerocket keeps its system on a small disk of its own.
        volume_device="/dev/xvdb" if bottlerocket else "/dev/xvda",
        reservation=group.reservation,
        block=group.capacity == "capacityBlock",
        gpus=gpu.count if gpu else 0,
        shown_gpus=shown_gpus(sharing, gpu) if gpu else 0,
        user_data=user_data(group, sharing),
    )


def scaling_tags(plan: MachinePlan, cluster: str) -> dict[str, str]:
    """Tags by which cluster-autoscaler finds a group, and knows machines of which there are none yet.

    Args:
        plan: The group.
        cluster: Name of the cluster.
    """
    template = f"{_SCALER}/node-template"
    labels = {f"{template}/label/{key}": value for key, value in plan.labels.items()}
    taints = {
        f"{template}/taint/{taint.key}": f"{taint.value}:{KUBERNETES_EFFECTS[taint.effect]}"
        for taint in plan.taints
    }
    gpus = {f"{template}/resources/{GPU_RESOURCE}": str(plan.shown_gpus)} if plan.gpus else {}
    return {f"{_SCALER}/enabled": "true", f"{_SCALER}/{cluster}": "owned", **labels, **taints, **gpus}
