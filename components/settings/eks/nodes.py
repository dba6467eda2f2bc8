"""Groups of machines of an EKS cluster, and how their GPUs are shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from components.settings.aws_text import MigProfile, Reservation
from components.settings.base import Model
from components.settings.text import LabelKey, LabelValue, Word

Ami = Literal["al2023", "bottlerocket"]
Capacity = Literal["onDemand", "spot", "capacityReservation", "capacityBlock"]
Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
Sharing = Literal["none", "timeSlicing", "mps", "mig"]


class Taint(Model):
    """What keeps pods without a matching toleration away from a group."""

    key: LabelKey
    """Key of the taint, e.g. example.org/team."""

    value: LabelValue = ""
    """Value of the taint."""

    effect: Effect
    """What happens to pods that do not tolerate it."""


class Disk(Model):
    """The encrypted gp3 volume of each machine of a group."""

    size_gib: Annotated[int, Field(ge=20, le=16384)] | None = None
    """Size in GiB. Absent: 100, and 300 on machines with GPUs, whose images have 10 GB and more."""

    throughput_mibs: Annotated[int, Field(ge=125, le=2000)] | None = None
    """Throughput in MiB/s. Absent: 125, and on machines with GPUs 600 or the most that the machine takes."""

    iops: Annotated[int, Field(ge=3000, le=80000)] = 3000
    """Operations a second. gp3 gives at most one MiB/s for four of them."""


class Expected(Model):
    """How busy a group is thought to be. Only `cost` reads it."""

    size: Annotated[int, Field(ge=0)] | None = None
    """Machines that run while the group is busy. Absent: desiredSize."""

    hours_per_day: Annotated[int, Field(ge=0, le=24)] = 24
    """Hours a day that the group is busy; minSize machines run in the others."""


class NodeGroup(Model):
    """Like machines that grow and shrink in number.

    Those with GPUs get the taint nvidia.com/gpu=true:NoSchedule and GPU labels without being asked.
    """

    instance_types: Annotated[tuple[Word, ...], Field(min_length=1)]
    """EC2 instance types, the most wanted first."""

    ami: Ami = "al2023"
    """System of the machines. On machines with GPUs its NVIDIA variant is taken."""

    capacity: Capacity = "onDemand"
    """How the machines are bought. `spot` is cheap and taken away within two minutes."""

    reservation: Reservation | None = None
    """Capacity that was bought before: id of the reservation or block, or ARN of a resource group of them."""

    min_size: Annotated[int, Field(ge=0)]
    """Fewest machines. Zero is good for GPU groups: an idle one costs nothing."""

    desired_size: Annotated[int, Field(ge=0)] | None = None
    """Machines at the beginning; later the autoscaler decides. Absent: minSize."""

    max_size: Annotated[int, Field(ge=1)]
    """Most machines."""

    zones: tuple[Word, ...] = ()
    """Availability zones of the group. Absent: all of the cluster's."""

    disk: Disk = Disk()
    """The disk of each machine."""

    labels: Mapping[LabelKey, LabelValue] = {}
    """Kubernetes labels of the machines, besides those that this project sets."""

    taints: tuple[Taint, ...] = ()
    """Taints of the machines, besides the one of GPUs."""

    expected: Expected = Expected()
    """How busy the group is thought to be, for the estimate of its cost."""


class GpuSettings(Model):
    """How pods have the GPUs of machines.

    NVIDIA's device plugin, feature discovery and metrics are installed wherever a group has GPUs.
    """

    sharing: Sharing = "none"
    """Whether several pods share one GPU. `timeSlicing` takes turns, `mps` runs them side by side, both
    without walls in its memory; `mig` cuts the GPU into parts."""

    replicas: Annotated[int, Field(ge=2, le=48)] | None = None
    """Pods that share one GPU, with timeSlicing or mps."""

    mig_profile: MigProfile | None = None
    """Parts that each GPU is cut into, with mig, e.g. 1g.10gb."""
