"""Where the pods of a GPU service go: to GPU machines of its stack, with time to wait for one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.cluster.fleet import MachineGroup
from components.layers.fleet.dcgm_exporter import GPU_PRESENT
from components.layers.fleet.deadlines import GPU_DEADLINE, MACHINE_DEADLINE

GPU_RESOURCE = "nvidia.com/gpu"
ACCELERATOR = "k8s.amazonaws.com/accelerator"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where pods go.

    Attributes:
        node_selector: Labels of their machines.
        tolerations: Taints of these that they tolerate.
        deadline: Seconds until a revision is given up whose pods are not ready; None for Knative's own.
    """

    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = ()
    deadline: int | None = None


ANYWHERE = Placement()


def placement_of(gpus: int, gpu_resource: str | None, groups: Mapping[str, MachineGroup] | None) -> Placement:
    """Where a service's pods go.

    Args:
        gpus: GPUs of each pod.
        gpu_resource: What the cluster calls its GPUs.
        groups: Machines with GPUs that this stack makes; None where they are somebody else's, whose labels
            nobody knows here and whose taint is most often that of NVIDIA's own documents.
    """
    if not gpus:
        return ANYWHERE if groups is None else Placement(deadline=MACHINE_DEADLINE)
    toleration = {"key": gpu_resource or GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"}
    if groups is None:
        return Placement(tolerations=(toleration,))
    return Placement(node_selector=_selector(groups), tolerations=(toleration,), deadline=GPU_DEADLINE)


def _selector(groups: Mapping[str, MachineGroup]) -> dict[str, str]:
    """One kind of GPU is named, so that groups of another kind, added later, are not taken without asking."""
    kinds = {group.labels[ACCELERATOR] for group in groups.values()}
    return {ACCELERATOR: kinds.pop()} if len(kinds) == 1 else {GPU_PRESENT: "true"}
