"""The table of instance types says what EC2 itself says, by moto's copy of its answers."""

from __future__ import annotations

from typing import Any

import pytest
from moto.ec2.models.instance_types import INSTANCE_TYPES

from components.errors import PlatformError
from components.facts.allocatable import allocatable_cpu, allocatable_memory
from components.facts.instances import Instance, find, instance_of, instances, nearest_type
from components.facts.mig import PROFILES, parts_of, profiles_of

# Of NVIDIA, with a driver that EKS's images have; g7 and p3dn are none that EKS lists.
GPU_FAMILIES = {
    *("g4dn", "g5", "g5g", "g6", "g6e", "g6f", "gr6", "gr6f", "g7e"),
    *("p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300"),
}
NAMES = {"nvidia-rtx-pro-6000": "RTX PRO Server 6000"}


def _facts(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = INSTANCE_TYPES[name]
    return facts


@pytest.mark.parametrize("instance", instances().values(), ids=lambda instance: instance.name)
def test_a_type_has_the_processors_memory_and_throughput_that_ec2_names(instance: Instance) -> None:
    facts = _facts(instance.name)
    ebs = facts["EbsInfo"]["EbsOptimizedInfo"]

    assert (
        instance.vcpus,
        instance.memory_gib * 1024,
        [instance.architecture],
        instance.ebs_baseline,
        instance.ebs_most,
        instance.local_disks,
    ) == (
        facts["VCpuInfo"]["DefaultVCpus"],
        facts["MemoryInfo"]["SizeInMiB"],
        facts["ProcessorInfo"]["SupportedArchitectures"][-1:],
        ebs["BaselineThroughputInMBps"],
        ebs["MaximumThroughputInMBps"],
        facts["InstanceStorageSupported"],
    )


@pytest.mark.parametrize("instance", instances().values(), ids=lambda instance: instance.name)
def test_a_type_has_the_gpus_that_ec2_names(instance: Instance) -> None:
    facts = _facts(instance.name).get("GpuInfo")
    if instance.gpu is None:
        assert facts is None
        return
    (gpu,) = facts["Gpus"]
    named = NAMES.get(instance.gpu.name, instance.gpu.name.removeprefix("nvidia-"))

    assert gpu["Manufacturer"] == "NVIDIA"
    assert named.lower() == gpu["Name"].lower()
    assert instance.gpu.memory_mib == gpu["MemoryInfo"]["SizeInMiB"]
    assert instance.gpu.count == gpu["LogicalGpuCount"]
    assert instance.gpu.part == (gpu["GpuPartitionSize"] < 1)


def test_every_size_of_every_gpu_family_of_eks_is_there() -> None:
    of_ec2 = {name for name in INSTANCE_TYPES if name.split(".")[0] in GPU_FAMILIES and "metal" not in name}

    assert {instance.name for instance in instances().values() if instance.gpu} == of_ec2


def test_every_size_of_a_common_family_is_there() -> None:
    families = {instance.family for instance in instances().values()}
    of_ec2 = {name for name in INSTANCE_TYPES if name.split(".")[0] in families and "metal" not in name}

    assert set(instances()) == of_ec2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("g5.2xlarge", "g5.2xlarge"),
        ("g5-2xlarge", "g5.2xlarge"),
        ("G5.2XLARGE", "g5.2xlarge"),
        ("g5_2xlarge", "g5.2xlarge"),
        ("g6.14xlarge", "g6.4xlarge"),
        ("p5.48large", "p5.48xlarge"),
        ("m7i.enormous", "m7i.large"),
        ("quantum.large", None),
        ("", None),
    ],
)
def test_the_type_that_was_meant_is_found(written: str, meant: str | None) -> None:
    assert nearest_type(written) == meant


def test_an_unknown_type_is_refused_with_the_nearest() -> None:
    with pytest.raises(PlatformError) as refused:
        instance_of("g5.3xlarge")

    assert str(refused.value) == (
        "is not an instance type of the table\n"
        "  seen: g5.3xlarge\n"
        "  why:  its processors, memory and GPUs are not known\n"
        "  do:   write g5.xlarge"
    )


def test_pods_have_less_than_the_machine() -> None:
    xlarge = instance_of("m7i.xlarge")

    assert allocatable_memory(xlarge) == (16 * 1024 - 993) * 2**20
    assert float(allocatable_cpu(xlarge)) == 3.92
    assert float(allocatable_cpu(instance_of("g5.2xlarge"))) == 7.91


def test_every_gpu_with_profiles_can_be_cut() -> None:
    with_profiles = {
        (gpu.name, round(gpu.memory_mib / 1024)): gpu.mig
        for instance in instances().values()
        if (gpu := instance.gpu) and profiles_of(gpu.name, gpu.memory_mib)
    }

    assert with_profiles == dict.fromkeys(PROFILES, True)


@pytest.mark.parametrize(
    ("profile", "gib", "parts"),
    [
        *(("1g.5gb", 40, 7), ("1g.10gb", 40, 4), ("2g.10gb", 40, 3), ("3g.20gb", 40, 2), ("7g.40gb", 40, 1)),
        *(("1g.10gb", 80, 7), ("1g.20gb", 80, 4), ("2g.20gb", 80, 3), ("4g.40gb", 80, 1)),
        *(("1g.18gb", 141, 7), ("1g.35gb", 141, 4), ("3g.71gb", 141, 2), ("7g.141gb", 141, 1)),
        *(("1g.23gb", 179, 7), ("1g.45gb", 179, 4), ("3g.90gb", 179, 2), ("7g.180gb", 179, 1)),
        *(("1g.24gb", 96, 4), ("2g.48gb", 96, 2), ("4g.96gb", 96, 1)),
        ("1g.90gb", 16, 0),
    ],
)
def test_a_gpu_has_as_many_parts_as_its_compute_and_memory_make(profile: str, gib: int, parts: int) -> None:
    assert parts_of(profile, gib * 1024) == parts


def test_a_part_of_a_gpu_cannot_be_cut() -> None:
    instance = find("g6f.large")

    assert instance
    assert instance.gpu
    assert (instance.gpu.part, instance.gpu.mig, instance.gpus) == (True, False, 1)
