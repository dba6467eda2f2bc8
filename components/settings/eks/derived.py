"""What follows from a group's settings and the table of instance types: its GPUs, disk and numbers.

Every function takes unknown instance types as machines without anything; a rule refuses them before.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.facts.instances import Architecture, Gpu, Instance, find
from components.settings.eks.cluster import EksSettings
from components.settings.eks.nodes import NodeGroup
from components.settings.eks.sharing import shown_gpus

CPU_DISK_GIB, GPU_DISK_GIB = 100, 300
CPU_THROUGHPUT, GPU_THROUGHPUT = 125, 600


@dataclass(frozen=True)
class Volume:
    """The disk of each machine of a group, nothing left open.

    Attributes:
        size_gib: Size, GiB.
        throughput_mibs: Throughput, MiB/s.
        iops: Operations a second.
    """

    size_gib: int
    throughput_mibs: int
    iops: int


def instances_of(group: NodeGroup) -> tuple[Instance, ...]:
    """The known ones of a group's instance types, the most wanted first."""
    return tuple(filter(None, map(find, group.instance_types)))


def gpu_of(group: NodeGroup) -> Gpu | None:
    """GPUs of the group's most wanted machine that has some; None for groups without."""
    return next((instance.gpu for instance in instances_of(group) if instance.gpu), None)


def architecture_of(group: NodeGroup) -> Architecture:
    """Architecture of the group's machines (a rule refuses two in one group)."""
    return next((instance.architecture for instance in instances_of(group)), "x86_64")


def volume_of(group: NodeGroup) -> Volume:
    """The disk of the group's machines."""
    gpu = gpu_of(group) is not None
    size = group.disk.size_gib or (GPU_DISK_GIB if gpu else CPU_DISK_GIB)
    throughput = group.disk.throughput_mibs
    if throughput is None:
        # More than the machine takes would be paid for and never had.
        most = min((instance.ebs_most for instance in instances_of(group)), default=CPU_THROUGHPUT)
        throughput = max(CPU_THROUGHPUT, min(GPU_THROUGHPUT, int(most))) if gpu else CPU_THROUGHPUT
    return Volume(size, throughput, group.disk.iops)


def desired_size(group: NodeGroup) -> int:
    """Machines at the beginning."""
    return group.min_size if group.desired_size is None else group.desired_size


def zones_of(cluster: EksSettings, group: NodeGroup) -> tuple[str, ...]:
    """Availability zones of a group."""
    return group.zones or cluster.zones


def gpu_groups(cluster: EksSettings) -> dict[str, NodeGroup]:
    """The groups with GPUs."""
    return {name: group for name, group in cluster.node_groups.items() if gpu_of(group)}


def managed_groups(cluster: EksSettings) -> dict[str, NodeGroup]:
    """The groups that EKS keeps machines of; those of the others are made when pods wait for them."""
    match cluster.autoscaler:
        case "clusterAutoscaler":
            return dict(cluster.node_groups)
        case "karpenter":
            return {name: group for name, group in cluster.node_groups.items() if group.min_size}
        case "auto":
            return {}


def types_are_known(cluster: EksSettings) -> bool:
    """Whether it can be said of every group what its machines have."""
    return all(find(each) for group in cluster.node_groups.values() for each in group.instance_types)


def visible_gpus(cluster: EksSettings, gpu: Gpu) -> int:
    """What one machine with these GPUs shows to Kubernetes as nvidia.com/gpu."""
    return shown_gpus(cluster.gpu, gpu)
