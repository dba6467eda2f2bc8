"""Where the pods of a service go: to machines of its stack, with time to wait for one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.cluster.fleet import MachineGroup
from components.layers.fleet.dcgm_exporter import GPU_PRESENT
from components.layers.fleet.deadlines import GPU_DEADLINE, MACHINE_DEADLINE

GPU_RESOURCE = "nvidia.com/gpu"
ACCELERATOR = "k8s.amazonaws.com/accelerator"
POOL = "kserve-platform/pool"


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


def placement_of(
    gpus: int,
    gpu_resource: str | None,
    groups: Mapping[str, MachineGroup] | None,
    pool: str | None = None,
) -> Placement:
    """Where a service's pods go.

    Args:
        gpus: GPUs of each pod.
        gpu_resource: What the cluster calls its GPUs.
        groups: Machines that this stack makes; None where they are somebody else's, whose labels nobody knows
            here and whose taint is most often that of NVIDIA's own documents.
        pool: Group that the service names; None for any that fits.
    """
    gpu = {"key": gpu_resource or GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"}
    tolerations: tuple[Mapping[str, Any], ...] = (gpu,) if gpus else ()
    if groups is None:
        return Placement(tolerations=tolerations)
    deadline = GPU_DEADLINE if gpus else MACHINE_DEADLINE
    if pool is None:
        selector = _selector([group for group in groups.values() if group.gpus]) if gpus else {}
        return Placement(node_selector=selector, tolerations=tolerations, deadline=deadline)
    own = tuple(
        {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
        for taint in groups[pool].taints
        if taint.key != gpu["key"]
    )
    return Placement(node_selector={POOL: pool}, tolerations=tolerations + own, deadline=deadline)


def _selector(groups: Sequence[MachineGroup]) -> dict[str, str]:
    """One kind of GPU is named, so that groups of another kind, added later, are not taken without asking."""
    kinds = {group.labels[ACCELERATOR] for group in groups}
    return {ACCELERATOR: kinds.pop()} if len(kinds) == 1 else {GPU_PRESENT: "true"}
