"""How GPUs are shared: what machines are labelled and told, and what a node shows of its GPUs. Pure.

The same words are said on two sides, by machines (label, Bottlerocket's settings, MIG at the first start) and
by the device plugin's configuration on the cluster, and they have to agree.
"""

from __future__ import annotations

from collections.abc import Mapping

from components.facts.instances import Gpu
from components.facts.mig import parts_of
from components.settings.eks.nodes import GpuSettings, NodeGroup, Sharing

CONFIG_LABEL = "nvidia.com/device-plugin.config"
"""Label of machines whose GPUs this project's device plugin shows; its value names the configuration. The
label is NVIDIA's own for it (README of k8s-device-plugin, "Catalog of Labels")."""

_NAMES: Mapping[Sharing, str] = {
    "none": "whole",
    "timeSlicing": "time-slicing",
    "mps": "mps",
    "mig": "mig",
}


def config_name(gpu: GpuSettings) -> str:
    """Name of the device plugin's configuration, e.g. time-slicing-4. Another configuration has another."""
    match gpu.sharing:
        case "none":
            return _NAMES["none"]
        case "mig":
            return f"{_NAMES['mig']}-{gpu.mig_profile}"
        case sharing:
            return f"{_NAMES[sharing]}-{gpu.replicas}"


def brings_its_plugin(group: NodeGroup) -> bool:
    """Whether the machines' system has the device plugin built in.

    Bottlerocket's NVIDIA variants have, as a service of the system; a second one on the same machine "could
    cause unexpected behavior" (bottlerocket issue 3992; EKS user guide, "Install Kubernetes device plugin for
    GPUs"). Amazon Linux's NVIDIA images have driver and container toolkit only.
    """
    return group.ami == "bottlerocket"


def shown_gpus(sharing: GpuSettings, gpu: Gpu) -> int:
    """What one machine with these GPUs shows to Kubernetes as nvidia.com/gpu.

    With timeSlicing and MPS each GPU is there as often as it is shared. With MIG its parts are resources of
    their own names in the mixed strategy; in the single one, which this project uses, they count as GPUs.
    """
    if sharing.sharing in {"timeSlicing", "mps"}:
        return gpu.count * (sharing.replicas or 1)
    if sharing.sharing == "mig" and sharing.mig_profile:
        return gpu.count * parts_of(sharing.mig_profile, gpu.memory_mib)
    return gpu.count
