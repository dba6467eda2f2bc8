"""What machines with GPUs are labelled and told, by system and by how their GPUs are shared."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from components.cluster.eks.machine_plan import plan_machines, scaling_tags
from components.cluster.eks.user_data import of_sharing
from components.settings.eks.nodes import GpuSettings, NodeGroup

_LABEL = "nvidia.com/device-plugin.config"
_RAID0 = """\
--//
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0
"""


def _group(instance_type: str = "g5.2xlarge", **settings: Any) -> NodeGroup:
    return NodeGroup(instance_types=(instance_type,), min_size=0, max_size=2, **settings)


def _told(group: NodeGroup, sharing: GpuSettings) -> str | None:
    told = plan_machines("gpu", group, sharing).user_data
    return base64.b64decode(told).decode() if told else None


@pytest.mark.parametrize(
    ("sharing", "name", "shown"),
    [
        (GpuSettings(), "whole", "4"),
        (GpuSettings(sharing="timeSlicing", replicas=4), "time-slicing-4", "16"),
        (GpuSettings(sharing="mps", replicas=10), "mps-10", "40"),
    ],
)
def test_the_autoscaler_is_told_of_shares_and_of_the_label_that_the_plugin_goes_by(
    sharing: GpuSettings, name: str, shown: str
) -> None:
    tags = scaling_tags(plan_machines("gpu", _group("g5.12xlarge"), sharing), "c")

    assert tags[f"k8s.io/cluster-autoscaler/node-template/label/{_LABEL}"] == name
    assert tags["k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu"] == shown


def test_machines_of_bottlerocket_have_no_label_that_would_bring_a_second_plugin() -> None:
    assert _LABEL not in plan_machines("gpu", _group(ami="bottlerocket")).labels


def test_machines_without_gpus_are_told_nothing_of_them() -> None:
    sharing = GpuSettings(sharing="mig", mig_profile="1g.10gb")
    plan = plan_machines("system", _group("m7i.xlarge"), sharing)

    assert (plan.shown_gpus, plan.user_data, _LABEL in plan.labels) == (0, None, False)


def test_machines_with_disks_of_their_own_keep_images_there() -> None:
    header = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n'

    assert _told(_group(), GpuSettings()) == f"{header}{_RAID0}\n--//--\n"


def test_a_gpu_is_cut_into_all_its_parts_before_the_kubelet_starts() -> None:
    told = _told(_group("p4d.24xlarge"), GpuSettings(sharing="mig", mig_profile="3g.20gb"))

    assert told is not None
    assert told.split(_RAID0)[1] == (
        "\n--//\n"
        'Content-Type: text/x-shellscript; charset="us-ascii"\n'
        "\n"
        "#!/bin/bash\n"
        "set -euo pipefail\n"
        "systemctl start nvidia-kmod-load.service\n"
        "systemctl stop nvidia-persistenced.service\n"
        "nvidia-smi --multi-instance-gpu=1\n"
        "nvidia-smi mig --create-gpu-instance 3g.20gb,3g.20gb --default-compute-instance\n"
        "systemctl start nvidia-persistenced.service\n"
        "\n--//--\n"
    )


@pytest.mark.parametrize(
    ("instance_type", "sharing", "told"),
    [
        ("g5.2xlarge", GpuSettings(), None),
        (
            "g5.2xlarge",
            GpuSettings(sharing="timeSlicing", replicas=4),
            (
                "[settings.kubelet-device-plugins.nvidia]\n"
                'device-sharing-strategy = "time-slicing"\n'
                "[settings.kubelet-device-plugins.nvidia.time-slicing]\n"
                "replicas = 4\n"
                "rename-by-default = false\n"
                "fail-requests-greater-than-one = true\n"
            ),
        ),
        (
            "g5.2xlarge",
            GpuSettings(sharing="mps", replicas=2),
            (
                "[settings.kubelet-device-plugins.nvidia]\n"
                'device-sharing-strategy = "mps"\n'
                "[settings.kubelet-device-plugins.nvidia.mps]\n"
                "replicas = 2\n"
                "rename-by-default = false\n"
            ),
        ),
        (
            "p5.48xlarge",
            GpuSettings(sharing="mig", mig_profile="1g.10gb"),
            (
                "[settings.kubelet-device-plugins.nvidia]\n"
                'device-partitioning-strategy = "mig"\n'
                "[settings.kubelet-device-plugins.nvidia.mig.profile]\n"
                '"h100.80gb" = "1g.10gb"\n'
            ),
        ),
    ],
)
def test_bottlerocket_shares_gpus_by_settings_of_its_own(
    instance_type: str, sharing: GpuSettings, told: str | None
) -> None:
    assert _told(_group(instance_type, ami="bottlerocket"), sharing) == told


def test_who_sees_to_disks_by_itself_is_told_of_gpus_alone() -> None:
    cut = GpuSettings(sharing="mig", mig_profile="3g.20gb")

    assert of_sharing(_group(), GpuSettings()) == ""
    assert _RAID0 not in of_sharing(_group("p4d.24xlarge"), cut)
    assert "--create-gpu-instance 3g.20gb,3g.20gb" in of_sharing(_group("p4d.24xlarge"), cut)
