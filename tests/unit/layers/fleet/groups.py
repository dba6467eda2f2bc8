"""Groups of machines for tests, as the cluster hands them to layers."""

from __future__ import annotations

from typing import Any

from components.cluster.fleet import MachineGroup
from components.settings.eks.nodes import NodeGroup, Taint

GPU, CPU = "g5.2xlarge", "m7i.xlarge"


def group(kind: str = CPU, *, managed: bool = False, max_size: int = 2, **settings: Any) -> MachineGroup:
    """A group of one type, in two zones."""
    gpu = kind == GPU
    taints = (Taint(key="nvidia.com/gpu", value="true", effect="NoSchedule"),) if gpu else ()
    return MachineGroup(
        settings=NodeGroup(instance_types=(kind,), min_size=0, max_size=max_size, **settings),
        labels={"nvidia.com/gpu.present": "true"} if gpu else {},
        taints=taints,
        zones=("us-west-2a", "us-west-2b"),
        gpus=1 if gpu else 0,
        managed=managed,
    )
