"""What a machine is told at its start: where images lie, and how its GPUs are shared. Pure.

EKS adds its own part to ours. On Amazon Linux 2023 ours is MIME of several parts: nodeadm's configuration,
and a script, which cloud-init runs to its end before nodeadm starts the kubelet (nodeadm-run.service is after
cloud-final.service: awslabs/amazon-eks-ami). On Bottlerocket it is TOML, merged with what EKS says.

Facts of Bottlerocket: settings.kubelet-device-plugins.nvidia of its documentation for 1.54, and the README of
its nvidia-migmanager. Which of NVIDIA's services hold a GPU while MIG is switched on is from memory: no
machine with MIG was there to try it on.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from components.facts.instances import Gpu
from components.facts.mig import BOTTLEROCKET, parts_of
from components.settings.eks.derived import gpu_of, instances_of
from components.settings.eks.nodes import GpuSettings, NodeGroup

_BOUNDARY = "//"
_RAID0 = (
    "apiVersion: node.eks.aws/v1alpha1",
    "kind: NodeConfig",
    "spec:",
    "  instance:",
    "    localStorage:",
    "      strategy: RAID0",
)


def user_data(group: NodeGroup, sharing: GpuSettings) -> str | None:
    """User data of a group's launch template, base64; None for nothing.

    Args:
        group: The group.
        sharing: How the cluster's GPUs are shared.
    """
    gpu = gpu_of(group)
    text = bottlerocket(gpu, sharing) if group.ami == "bottlerocket" else al2023(group, gpu, sharing)
    return base64.b64encode(text.encode()).decode() if text else None


def of_sharing(group: NodeGroup, sharing: GpuSettings) -> str:
    """What machines are told of their GPUs alone, for who sees to disks by itself; empty for nothing.

    Karpenter takes the same forms as EKS, in plain text (its documentation, NodeClasses, spec.userData).

    Args:
        group: The group.
        sharing: How the cluster's GPUs are shared.
    """
    gpu = gpu_of(group)
    if group.ami == "bottlerocket":
        return bottlerocket(gpu, sharing)
    return al2023(group, gpu, sharing, disks=False)


def al2023(group: NodeGroup, gpu: Gpu | None, sharing: GpuSettings, *, disks: bool = True) -> str:
    """MIME of one or two parts; empty for none."""
    parts: list[tuple[str, Sequence[str]]] = []
    instances = instances_of(group) if disks else ()
    if instances and all(instance.local_disks for instance in instances):
        # Images and pods on the machine's own disks: they are many times faster than volumes.
        parts.append(("application/node.eks.aws", _RAID0))
    if gpu is not None and sharing.sharing == "mig" and sharing.mig_profile:
        parts.append(('text/x-shellscript; charset="us-ascii"', _cut(gpu, sharing.mig_profile)))
    if not parts:
        return ""
    rows = ["MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"', ""]
    for kind, lines in parts:
        rows += [f"--{_BOUNDARY}", f"Content-Type: {kind}", "", *lines, ""]
    return "\n".join([*rows, f"--{_BOUNDARY}--", ""])


def _cut(gpu: Gpu, profile: str) -> list[str]:
    """Cut every GPU of the machine, once at its start.

    The driver has to be there, and nobody may hold a GPU. MIG survives no stop of the machine, and groups
    have machines that are only ever made and deleted.
    """
    cuts = ",".join([profile] * parts_of(profile, gpu.memory_mib))
    return [
        "#!/bin/bash",
        "set -euo pipefail",
        "systemctl start nvidia-kmod-load.service",
        "systemctl stop nvidia-persistenced.service",
        "nvidia-smi --multi-instance-gpu=1",
        f"nvidia-smi mig --create-gpu-instance {cuts} --default-compute-instance",
        "systemctl start nvidia-persistenced.service",
    ]


def bottlerocket(gpu: Gpu | None, sharing: GpuSettings) -> str:
    """Settings of the device plugin that is built in; empty where GPUs are not shared."""
    if gpu is None:
        return ""
    plugin = "settings.kubelet-device-plugins.nvidia"
    match sharing.sharing:
        case "none":
            return ""
        case "timeSlicing":
            rows = [
                f"[{plugin}]",
                'device-sharing-strategy = "time-slicing"',
                f"[{plugin}.time-slicing]",
                f"replicas = {sharing.replicas}",
                "rename-by-default = false",
                "fail-requests-greater-than-one = true",
            ]
        case "mps":
            rows = [
                f"[{plugin}]",
                'device-sharing-strategy = "mps"',
                f"[{plugin}.mps]",
                f"replicas = {sharing.replicas}",
                "rename-by-default = false",
            ]
        case "mig":
            model = f"{BOTTLEROCKET[gpu.name]}.{round(gpu.memory_mib / 1024)}gb"
            rows = [
                f"[{plugin}]",
                'device-partitioning-strategy = "mig"',
                f"[{plugin}.mig.profile]",
                f'"{model}" = "{sharing.mig_profile}"',
            ]
    return "\n".join([*rows, ""])
