"""NVIDIA's device plugin: shows a machine's GPUs to Kubernetes as nvidia.com/gpu.

The device plugin and not the GPU operator, which the stack could have had instead: the operator makes its
DaemonSets by itself, inside the cluster, where no policy, preview or golden plan sees them; most of what it
is for (driver, container toolkit) EKS's NVIDIA images have already and it must be told to leave alone; and
the one thing that only it brought, MIG, a machine does itself at its first start (`components/cluster/eks`).

On Amazon Linux 2023 only, by a label that this project gives those machines: Bottlerocket has the plugin
built in, and is told of sharing by its own settings. No RuntimeClass is needed on either: the NVIDIA image of
AL2023 makes `nvidia` containerd's default runtime (amazon-eks-ami,
nodeadm/internal/containerd/runtime_config_nvidia.go and config2.template.toml), Bottlerocket injects devices
by CDI.

Facts: the chart of github.com/NVIDIA/k8s-device-plugin v0.18.2 (templates/daemonset-device-plugin.yml,
daemonset-mps-control-daemon.yml, values.yaml). The amounts of CPU and memory are guesses, held by nothing
yet.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pulumi

from components.cluster.base import Cluster
from components.facts.gpu_software import DEVICE_PLUGIN
from components.layers.fleet.node_agents import (
    NAMESPACE,
    Agent,
    daemon_set,
    from_field,
    host_path,
    mount,
    variables,
)
from components.layers.fleet.plugin_config import FILE, plugin_config
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.settings.eks.nodes import GpuSettings
from components.settings.eks.sharing import CONFIG_LABEL, config_name

NAME = "nvidia-device-plugin"
MPS_NAME = f"{NAME}-mps-control-daemon"
CONFIG_ANNOTATION = "kserve-platform/config"
CONFIG_FOLDER = "/config"

_MPS_ROOT = "/run/nvidia/mps"
_KUBELET = "/var/lib/kubelet/device-plugins"
_SMALL = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        gpu: How GPUs are shared.
        profile: How its pods are run.
    """

    gpu: GpuSettings
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        agents: What shows GPUs on every machine. Machines may come later: there is no gate to wait at.
        config: The ConfigMap with the configuration.
    """

    agents: tuple[pulumi.Resource, ...]
    config: pulumi.Resource


class DevicePlugin(Layer):
    """The device plugin, its configuration, and the MPS control daemon where GPUs are shared by MPS."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("DevicePlugin", NAME, cluster)
        installed = self.install(manifests(args.gpu), profile_edits(args.profile))
        self.outputs = Outputs(agents=tuple(installed.of("DaemonSet")), config=installed.of("ConfigMap")[0])
        self.register_outputs({})


def manifests(gpu: GpuSettings) -> list[Manifest]:
    """Everything of the layer."""
    shared = daemon_set(_mps_daemon(gpu)) if gpu.sharing == "mps" else []
    return [_config_map(gpu), *daemon_set(_plugin(gpu)), *shared]


def machines(gpu: GpuSettings) -> dict[str, str]:
    """Labels of the machines that have this configuration."""
    return {CONFIG_LABEL: config_name(gpu)}


def config_map_name(gpu: GpuSettings) -> str:
    """Name of the ConfigMap with a configuration."""
    return f"{NAME}-{config_name(gpu)}"


def configured(gpu: GpuSettings) -> dict[str, str]:
    """Annotation of pods that read the configuration: none of them sees that the file has changed."""
    return {CONFIG_ANNOTATION: hashlib.sha256(plugin_config(gpu).encode()).hexdigest()[:8]}


def config_volume(gpu: GpuSettings) -> dict[str, Any]:
    """The configuration as a volume."""
    return {"name": "config", "configMap": {"name": config_map_name(gpu)}}


def _config_map(gpu: GpuSettings) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": config_map_name(gpu), "namespace": NAMESPACE},
        "data": {FILE: plugin_config(gpu)},
    }


def _plugin(gpu: GpuSettings) -> Agent:
    mps, mig = gpu.sharing == "mps", gpu.sharing == "mig"
    more = {"MPS_ROOT": _MPS_ROOT} if mps else {}
    # Which parts a GPU has is seen by those only that may look at all of them.
    more |= {"NVIDIA_MIG_MONITOR_DEVICES": "all"} if mig else {}
    container = {
        "name": NAME,
        "image": DEVICE_PLUGIN,
        "command": ["nvidia-device-plugin"],
        "env": variables(
            CONFIG_FILE=f"{CONFIG_FOLDER}/{FILE}",
            NVIDIA_VISIBLE_DEVICES="all",
            NVIDIA_DRIVER_CAPABILITIES="compute,utility",
            **more,
        ),
        "resources": _SMALL,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], **({"add": ["SYS_ADMIN"]} if mig else {})},
        },
        "volumeMounts": [
            mount("kubelet", _KUBELET),
            mount("config", CONFIG_FOLDER, readOnly=True),
            mount("cdi", "/var/run/cdi"),
            *([mount("mps-shm", "/dev/shm"), mount("mps-root", "/mps")] if mps else ()),  # noqa: S108
        ],
    }
    volumes = [
        host_path("kubelet", _KUBELET, "Directory"),
        host_path("cdi", "/var/run/cdi", "DirectoryOrCreate"),
        config_volume(gpu),
        *(_mps_volumes() if mps else ()),
    ]
    return Agent(
        name=NAME,
        on=machines(gpu),
        containers=[container],
        volumes=volumes,
        annotations=configured(gpu),
    )


def _mps_daemon(gpu: GpuSettings) -> Agent:
    """The daemon that gives each sharer its fraction of memory and compute; the plugin waits for it."""
    privileged = {"privileged": True}
    mounts = {
        "name": "mount-shm",
        "image": DEVICE_PLUGIN,
        "command": ["mps-control-daemon", "mount-shm"],
        "resources": _SMALL,
        "securityContext": privileged,
        "volumeMounts": [mount("mps-root", "/mps", mountPropagation="Bidirectional")],
    }
    daemon = {
        "name": "mps-control-daemon",
        "image": DEVICE_PLUGIN,
        "command": ["mps-control-daemon"],
        "env": [
            from_field("NODE_NAME", "spec.nodeName"),
            *variables(
                CONFIG_FILE=f"{CONFIG_FOLDER}/{FILE}",
                NVIDIA_VISIBLE_DEVICES="all",
                NVIDIA_DRIVER_CAPABILITIES="compute,utility",
            ),
        ],
        "resources": _SMALL,
        "securityContext": privileged,
        "volumeMounts": [
            mount("mps-shm", "/dev/shm"),  # noqa: S108  # the container's own
            mount("mps-root", "/mps"),
            mount("config", CONFIG_FOLDER, readOnly=True),
        ],
    }
    return Agent(
        name=MPS_NAME,
        on=machines(gpu),
        init=[mounts],
        containers=[daemon],
        volumes=[config_volume(gpu), *_mps_volumes()],
        annotations=configured(gpu),
        # The server looks for itself among the machine's processes.
        host_pid=True,
    )


def _mps_volumes() -> list[dict[str, Any]]:
    return [
        host_path("mps-root", _MPS_ROOT, "DirectoryOrCreate"),
        host_path("mps-shm", f"{_MPS_ROOT}/shm"),
    ]
