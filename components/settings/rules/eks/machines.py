"""Rules about the machines of a group: instance types that go together, disks that they can use."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.facts.instances import find, nearest_type
from components.facts.mig import BOTTLEROCKET
from components.settings.eks.derived import gpu_of, instances_of, volume_of
from components.settings.parts import Parts, Rule
from components.settings.rules.eks.scope import eks_of, groups_of, of_group


def types_are_known(parts: Parts) -> Iterator[Problem]:
    """Of an unknown type neither GPUs nor memory nor price are known, and AWS refuses a misspelt one."""
    for name, group in groups_of(parts):
        for index, each in enumerate(group.instance_types):
            if find(each) is None:
                near = nearest_type(each)
                yield of_group(
                    name,
                    "instanceTypes",
                    index,
                    value=each,
                    what="is not an instance type that this project knows",
                    why="its architecture, memory and GPUs decide what runs on it",
                    fix=f"write {near}"
                    if near
                    else "write one of components/facts/instances.yaml, or add it there",
                )
            elif each in group.instance_types[:index]:
                yield of_group(
                    name,
                    "instanceTypes",
                    index,
                    value=each,
                    what="is named twice",
                    why="a type is tried once",
                    fix="remove it here",
                )


def machines_of_a_group_are_alike(parts: Parts) -> Iterator[Problem]:
    """One image, one set of labels and one guess of the autoscaler stand for all machines of a group."""
    for name, group in groups_of(parts):
        known = instances_of(group)
        for instance in known[1:]:
            first = known[0]
            gpu, other = (
                f"{each.gpus} {each.gpu.name}" if each.gpu else "no GPU" for each in (instance, first)
            )
            place = ("instanceTypes", group.instance_types.index(instance.name))
            if instance.architecture != first.architecture:
                yield of_group(
                    name,
                    *place,
                    value=instance.name,
                    what="has another architecture than the first",
                    why=f"an image is for {first.architecture} or {instance.architecture}, never both",
                    fix="put it into a group of its own",
                )
            elif gpu != other:
                yield of_group(
                    name,
                    *place,
                    value=instance.name,
                    what="has other GPUs than the first",
                    why=f"it has {gpu}, {first.name} has {other}, and the autoscaler takes one for the other",
                    fix="put it into a group of its own",
                )


def disks_are_fast_enough_for_what_they_promise(parts: Parts) -> Iterator[Problem]:
    """EC2 refuses a gp3 volume with too few operations for its throughput, or too many for its size."""
    for name, group in groups_of(parts):
        volume = volume_of(group)
        if volume.throughput_mibs * 4 > volume.iops:
            needed = volume.throughput_mibs * 4
            yield of_group(
                name,
                "disk",
                "throughputMibs",
                value=volume.throughput_mibs,
                what="is too much throughput for the operations of the disk",
                why=f"gp3 gives one MiB/s for four operations: this takes {needed}",
                fix=f"write iops: {needed}, or a lower throughput",
            )
        if volume.iops > 500 * volume.size_gib:
            yield of_group(
                name,
                "disk",
                "iops",
                value=volume.iops,
                what="is more than the disk's size allows",
                why=f"gp3 gives 500 a GiB, and the disk has {volume.size_gib}",
                fix=f"write {500 * volume.size_gib} or less, or a larger disk",
            )


def machines_can_use_their_disks(parts: Parts) -> Iterator[Problem]:
    """Throughput above that of the machine is paid for and never had."""
    for name, group in groups_of(parts):
        asked = group.disk.throughput_mibs
        slowest = min(instances_of(group), key=lambda instance: instance.ebs_most, default=None)
        if asked and slowest and asked > max(125, slowest.ebs_most):
            yield of_group(
                name,
                "disk",
                "throughputMibs",
                value=asked,
                what="is more than the machine takes",
                why=f"{slowest.name} reaches {slowest.ebs_most:g} MB/s at most",
                fix=f"write {max(125, int(slowest.ebs_most))} or less, or a larger machine",
            )


def auto_mode_chooses_for_itself(parts: Parts) -> Iterator[Problem]:
    """An option that nothing would read is a trap."""
    cluster = eks_of(parts)
    for name, group in groups_of(parts):
        if cluster and cluster.autoscaler == "auto" and "ami" in group.model_fields_set:
            yield of_group(
                name,
                "ami",
                value=group.ami,
                what="has no effect",
                why="EKS Auto Mode chooses the system of its machines",
                fix="remove it, or choose another kserve-platform:cluster.autoscaler",
            )


def bottlerocket_knows_how_to_cut_its_gpus(parts: Parts) -> Iterator[Problem]:
    """On Bottlerocket the system itself cuts GPUs, those that it knows by name."""
    cluster = eks_of(parts)
    for name, group in groups_of(parts):
        gpu = gpu_of(group)
        if cluster is None or group.ami != "bottlerocket" or gpu is None or cluster.gpu.sharing != "mig":
            continue
        if gpu.mig and gpu.name not in BOTTLEROCKET:
            yield of_group(
                name,
                "ami",
                value=group.ami,
                what=f"does not know how to cut {gpu.name}",
                why=f"its MIG manager is told of GPUs by names that are known for: {', '.join(BOTTLEROCKET)}",
                fix="write ami: al2023, or change kserve-platform:cluster.gpu.sharing",
            )


RULES: tuple[Rule, ...] = (
    types_are_known,
    machines_of_a_group_are_alike,
    disks_are_fast_enough_for_what_they_promise,
    machines_can_use_their_disks,
    auto_mode_chooses_for_itself,
    bottlerocket_knows_how_to_cut_its_gpus,
)
