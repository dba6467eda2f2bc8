"""What follows from a group's settings and the table of instance types."""

from __future__ import annotations

import pytest

from components.facts.instances import instance_of
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import (
    Volume,
    architecture_of,
    desired_size,
    gpu_groups,
    gpu_of,
    instances_of,
    types_are_known,
    visible_gpus,
    volume_of,
    zones_of,
)
from components.settings.eks.nodes import Disk, GpuSettings, NodeGroup


def _group(*types: str, disk: Disk | None = None, **sizes: int) -> NodeGroup:
    return NodeGroup(
        instance_types=types,
        disk=disk or Disk(),
        min_size=sizes.get("min_size", 0),
        desired_size=sizes.get("desired_size"),
        max_size=9,
    )


def _cluster(groups: dict[str, NodeGroup], gpu: GpuSettings | None = None) -> EksSettings:
    zones = ("eu-west-1a", "eu-west-1b")
    settings = gpu or GpuSettings()
    return EksSettings(provider="eks", region="eu-west-1", zones=zones, gpu=settings, node_groups=groups)


@pytest.mark.parametrize(
    ("group", "volume"),
    [
        (_group("m7i.xlarge"), Volume(100, 125, 3000)),
        (_group("g6.4xlarge"), Volume(300, 600, 3000)),
        # These reach 437.5 and 593.75 MB/s at most: more would be paid for and never had.
        (_group("g5.2xlarge"), Volume(300, 437, 3000)),
        (_group("g5.4xlarge", "g5.8xlarge"), Volume(300, 593, 3000)),
        (_group("g6.4xlarge", disk=Disk(size_gib=50)), Volume(50, 600, 3000)),
        (_group("m7i.xlarge", disk=Disk(throughput_mibs=300, iops=4000)), Volume(100, 300, 4000)),
        (_group("unknown.large"), Volume(100, 125, 3000)),
    ],
)
def test_a_disk_is_as_large_and_fast_as_its_machines_need(group: NodeGroup, volume: Volume) -> None:
    assert volume_of(group) == volume


@pytest.mark.parametrize(
    ("settings", "instance", "visible"),
    [
        (GpuSettings(), "g6.12xlarge", 4),
        (GpuSettings(sharing="timeSlicing", replicas=4), "g6.12xlarge", 16),
        (GpuSettings(sharing="mps", replicas=10), "g5.2xlarge", 10),
        (GpuSettings(sharing="mig", mig_profile="1g.10gb"), "p5.48xlarge", 56),
        (GpuSettings(sharing="mig", mig_profile="2g.20gb"), "p5.48xlarge", 24),
        (GpuSettings(sharing="mig", mig_profile="3g.40gb"), "p5.48xlarge", 16),
        (GpuSettings(sharing="mig", mig_profile="7g.80gb"), "p5.48xlarge", 8),
        (GpuSettings(sharing="mig"), "p5.48xlarge", 8),
        (GpuSettings(), "g6f.large", 1),
    ],
)
def test_a_machine_shows_as_many_gpus_as_it_is_shared(
    settings: GpuSettings, instance: str, visible: int
) -> None:
    gpu = instance_of(instance).gpu

    assert gpu
    assert visible_gpus(_cluster({"gpu": _group(instance)}, settings), gpu) == visible


def test_groups_with_gpus_are_told_from_others() -> None:
    groups = {"system": _group("m7i.xlarge"), "gpu": _group("g5.2xlarge"), "odd": _group("unknown.large")}
    cluster = _cluster(groups)

    assert gpu_groups(cluster) == {"gpu": groups["gpu"]}
    assert gpu_of(groups["odd"]) is None
    assert not types_are_known(cluster)
    assert types_are_known(_cluster({"gpu": groups["gpu"]}))


def test_unknown_types_are_left_out_and_the_order_is_kept() -> None:
    group = _group("unknown.large", "g5.4xlarge", "g5.2xlarge")

    assert [instance.name for instance in instances_of(group)] == ["g5.4xlarge", "g5.2xlarge"]


def test_the_architecture_is_that_of_the_machines() -> None:
    assert architecture_of(_group("g5g.xlarge")) == "arm64"
    assert architecture_of(_group("p4d.24xlarge")) == "x86_64"


def test_what_is_left_away_follows_from_the_rest() -> None:
    cluster = _cluster({"system": _group("m7i.xlarge")})
    here = NodeGroup(instance_types=("m7i.xlarge",), min_size=0, max_size=1, zones=("eu-west-1b",))

    assert desired_size(_group("m7i.xlarge", min_size=2)) == 2
    assert desired_size(_group("m7i.xlarge", min_size=0, desired_size=0)) == 0
    assert desired_size(_group("m7i.xlarge", min_size=1, desired_size=3)) == 3
    assert zones_of(cluster, cluster.node_groups["system"]) == ("eu-west-1a", "eu-west-1b")
    assert zones_of(cluster, here) == ("eu-west-1b",)
