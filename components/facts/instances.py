"""EC2 instance types that EKS can run: processors, memory, GPUs, architecture, throughput to their disks.

The numbers are those that AWS publishes of each type; `instances.yaml` has them with their day and source. A
test holds them against moto's copy of what EC2 itself answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from components.errors import PlatformError, Problem

DATA = Path(__file__).with_name("instances.yaml")

Architecture = Literal["x86_64", "arm64"]

# GPUs whose hardware can be cut into parts (NVIDIA MIG user guide, supported GPUs).
WITH_MIG = frozenset(
    {
        "nvidia-a100",
        "nvidia-h100",
        "nvidia-h200",
        "nvidia-b200",
        "nvidia-b300",
        "nvidia-rtx-pro-6000",
    }
)


@dataclass(frozen=True)
class Gpu:
    """GPUs of one machine.

    Attributes:
        name: As the node label k8s.amazonaws.com/accelerator has it, e.g. nvidia-a10g.
        count: GPUs that pods of one machine can ask for together.
        memory_mib: Memory of each, MiB.
        part: Whether it is a part of a GPU that other machines share (g6f, gr6f).
    """

    name: str
    count: int
    memory_mib: int
    part: bool = False

    @property
    def mig(self) -> bool:
        """Whether MIG can cut it."""
        return self.name in WITH_MIG and not self.part


@dataclass(frozen=True)
class Instance:
    """One instance type.

    Attributes:
        name: E.g. g5.2xlarge.
        vcpus: Hardware threads.
        memory_gib: Memory of the whole machine, GiB; the kubelet keeps some of it.
        architecture: Of its processor.
        ebs_baseline: Throughput to EBS volumes that it always has, MB/s.
        ebs_most: Throughput to EBS volumes that it has for 30 minutes a day or more, MB/s.
        local_disks: Whether it has NVMe disks of its own.
        gpu: Its GPUs; None for machines without.
    """

    name: str
    vcpus: int
    memory_gib: float
    architecture: Architecture
    ebs_baseline: float
    ebs_most: float
    local_disks: bool = False
    gpu: Gpu | None = None

    @property
    def gpus(self) -> int:
        """Number of GPUs; 0 for machines without."""
        return self.gpu.count if self.gpu else 0

    @property
    def family(self) -> str:
        """What stands before the point: g5."""
        return self.name.partition(".")[0]


@lru_cache(maxsize=1)
def instances() -> dict[str, Instance]:
    """Every type of the table by its name."""
    # Measured: 11 ms, and 129 ms with the loader in Python, at every command on a stack of EKS.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    families = yaml.load(DATA.read_text(), Loader=loader)["families"]  # noqa: S506
    read = (
        _instance(family, facts, size, row)
        for family, facts in families.items()
        for size, row in facts["sizes"].items()
    )
    return {instance.name: instance for instance in read}


def _instance(family: str, facts: dict[str, Any], size: str, row: list[float]) -> Instance:
    vcpus, memory, baseline, most, *gpus = row
    gpu = None
    if gpus:
        memory_mib = facts["gpu_memory_mib"]
        in_parts = isinstance(memory_mib, dict)
        gpu = Gpu(facts["gpu"], int(gpus[0]), memory_mib[size] if in_parts else memory_mib, in_parts)
    return Instance(
        name=f"{family}.{size}",
        vcpus=int(vcpus),
        memory_gib=memory,
        architecture=facts["architecture"],
        ebs_baseline=baseline,
        ebs_most=most,
        local_disks=facts.get("local_disks", False),
        gpu=gpu,
    )


def find(name: str) -> Instance | None:
    """A type by its name; None where the table does not have it."""
    return instances().get(name)


def instance_of(name: str) -> Instance:
    """A type by its name.

    Raises:
        PlatformError: The table does not have it; the nearest that it has is named.
    """
    found = find(name)
    if found:
        return found
    near = nearest_type(name)
    raise PlatformError(
        Problem(
            what="is not an instance type of the table",
            seen=name,
            why="its processors, memory and GPUs are not known",
            fix=f"write {near}" if near else "add it to components/facts/instances.yaml",
        )
    )


def nearest_type(name: str) -> str | None:
    """The type that somebody meant; one of the same family where there is one."""
    wanted = name.lower().replace("_", ".").replace("-xlarge", ".xlarge")
    family, _, size = wanted.partition(".")
    of_family = [known for known in instances() if known.partition(".")[0] == family]
    candidates = of_family or list(instances())
    if wanted in candidates:
        return wanted
    close = get_close_matches(wanted, candidates, n=1, cutoff=0.7)
    if close or not of_family:
        return close[0] if close else None
    return next((known for known in of_family if known.endswith(f".{size}")), of_family[0])
