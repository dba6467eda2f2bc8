from __future__ import annotations

from typing import Any

import pytest
import yaml

from components.layers.fleet import dcgm_exporter, device_plugin, feature_discovery
from components.layers.fleet.plugin_config import plugin_config
from components.layers.objects import Manifest
from components.settings.eks.nodes import GpuSettings

_WHOLE = GpuSettings()
_SLICED = GpuSettings(sharing="timeSlicing", replicas=4)
_MPS = GpuSettings(sharing="mps", replicas=10)
_MIG = GpuSettings(sharing="mig", mig_profile="1g.10gb")
_FLAGS = {"failOnInitError": True, "useNodeFeatureAPI": True}


def _of(kind: str, name: str, manifests: list[Manifest]) -> Manifest:
    (found,) = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name)]
    return found


def _pod(gpu: GpuSettings, name: str = "nvidia-device-plugin") -> dict[str, Any]:
    pod: dict[str, Any] = _of("DaemonSet", name, device_plugin.manifests(gpu))["spec"]["template"]["spec"]
    return pod


@pytest.mark.parametrize(
    ("gpu", "config"),
    [
        (_WHOLE, {"version": "v1", "flags": {**_FLAGS, "migStrategy": "none"}}),
        (
            _SLICED,
            {
                "version": "v1",
                "flags": {**_FLAGS, "migStrategy": "none"},
                "sharing": {
                    "timeSlicing": {
                        "failRequestsGreaterThanOne": True,
                        "renameByDefault": False,
                        "resources": [{"name": "nvidia.com/gpu", "replicas": 4}],
                    }
                },
            },
        ),
        (
            _MPS,
            {
                "version": "v1",
                "flags": {**_FLAGS, "migStrategy": "none"},
                "sharing": {
                    "mps": {
                        "renameByDefault": False,
                        "resources": [{"name": "nvidia.com/gpu", "replicas": 10}],
                    }
                },
            },
        ),
        (_MIG, {"version": "v1", "flags": {**_FLAGS, "migStrategy": "single"}}),
    ],
    ids=["none", "timeSlicing", "mps", "mig"],
)
def test_the_plugin_is_told_how_gpus_are_shared(gpu: GpuSettings, config: dict[str, Any]) -> None:
    assert yaml.safe_load(plugin_config(gpu)) == config


def test_the_plugin_of_whole_gpus_is_this_and_nothing_else() -> None:
    labels = {
        "app.kubernetes.io/name": "nvidia-device-plugin",
        "app.kubernetes.io/part-of": "kserve-platform",
    }
    metadata = {"name": "nvidia-device-plugin", "namespace": "kube-system", "labels": labels}

    config_map, account, agent = device_plugin.manifests(_WHOLE)

    assert config_map["metadata"] == {"name": "nvidia-device-plugin-whole", "namespace": "kube-system"}
    assert account == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
    digest = agent["spec"]["template"]["metadata"]["annotations"]
    assert agent == {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": "nvidia-device-plugin"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": labels, "annotations": digest},
                "spec": {
                    "serviceAccountName": "nvidia-device-plugin",
                    "automountServiceAccountToken": False,
                    "priorityClassName": "system-node-critical",
                    "nodeSelector": {"nvidia.com/device-plugin.config": "whole"},
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [
                        {
                            "name": "nvidia-device-plugin",
                            "image": "nvcr.io/nvidia/k8s-device-plugin:v0.18.2",
                            "command": ["nvidia-device-plugin"],
                            "env": [
                                {"name": "CONFIG_FILE", "value": "/config/config.yaml"},
                                {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"},
                                {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "compute,utility"},
                            ],
                            "resources": {
                                "requests": {"cpu": "10m", "memory": "64Mi"},
                                "limits": {"memory": "256Mi"},
                            },
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                            },
                            "volumeMounts": [
                                {"name": "kubelet", "mountPath": "/var/lib/kubelet/device-plugins"},
                                {"name": "config", "mountPath": "/config", "readOnly": True},
                                {"name": "cdi", "mountPath": "/var/run/cdi"},
                            ],
                        }
                    ],
                    "volumes": [
                        {
                            "name": "kubelet",
                            "hostPath": {"path": "/var/lib/kubelet/device-plugins", "type": "Directory"},
                        },
                        {"name": "cdi", "hostPath": {"path": "/var/run/cdi", "type": "DirectoryOrCreate"}},
                        {"name": "config", "configMap": {"name": "nvidia-device-plugin-whole"}},
                    ],
                },
            },
        },
    }


def test_a_changed_configuration_restarts_the_pods_that_read_it() -> None:
    more = GpuSettings(sharing="timeSlicing", replicas=8)

    assert device_plugin.configured(_SLICED) != device_plugin.configured(more)
    assert device_plugin.configured(_SLICED) == device_plugin.configured(_SLICED)


def test_by_mps_a_daemon_shares_each_gpu_and_the_plugin_reaches_it() -> None:
    plugin, daemon = _pod(_MPS), _pod(_MPS, "nvidia-device-plugin-mps-control-daemon")

    (container,) = plugin["containers"]
    assert {"name": "MPS_ROOT", "value": "/run/nvidia/mps"} in container["env"]
    shared = [
        {"name": "mps-root", "hostPath": {"path": "/run/nvidia/mps", "type": "DirectoryOrCreate"}},
        {"name": "mps-shm", "hostPath": {"path": "/run/nvidia/mps/shm"}},
    ]
    assert plugin["volumes"][-2:] == daemon["volumes"][-2:] == shared
    assert daemon["hostPID"] is True
    assert daemon["nodeSelector"] == {"nvidia.com/device-plugin.config": "mps-10"}
    assert [each["command"] for each in (*daemon["initContainers"], *daemon["containers"])] == [
        ["mps-control-daemon", "mount-shm"],
        ["mps-control-daemon"],
    ]


@pytest.mark.parametrize("gpu", [_WHOLE, _SLICED, _MIG])
def test_nobody_else_has_the_daemon_or_its_folders(gpu: GpuSettings) -> None:
    assert len(device_plugin.manifests(gpu)) == 3
    assert [volume["name"] for volume in _pod(gpu)["volumes"]] == ["kubelet", "cdi", "config"]


def test_only_parts_of_gpus_are_looked_at_with_more_rights() -> None:
    (container,) = _pod(_MIG)["containers"]

    assert {"name": "NVIDIA_MIG_MONITOR_DEVICES", "value": "all"} in container["env"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN"]}


def test_metrics_of_each_machine_are_found_by_a_service_without_an_address() -> None:
    service = _of("Service", "dcgm-exporter", dcgm_exporter.manifests())
    agent = _of("DaemonSet", "dcgm-exporter", dcgm_exporter.manifests())

    assert service["spec"] == {
        "clusterIP": "None",
        "selector": {"app.kubernetes.io/name": "dcgm-exporter"},
        "ports": [{"name": "metrics", "port": 9400, "targetPort": "metrics"}],
    }
    pod = agent["spec"]["template"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert pod["spec"]["containers"][0]["ports"] == [{"name": "metrics", "containerPort": 9400}]


def test_discovery_reads_the_plugins_configuration_and_writes_features_alone() -> None:
    manifests = feature_discovery.manifests(_SLICED)

    pod = _of("DaemonSet", "gpu-feature-discovery", manifests)["spec"]["template"]["spec"]
    assert pod["volumes"][0] == {
        "name": "config",
        "configMap": {"name": "nvidia-device-plugin-time-slicing-4"},
    }
    assert _of("ClusterRole", "gpu-feature-discovery", manifests)["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]},
        {
            "apiGroups": ["nfd.k8s-sigs.io"],
            "resources": ["nodefeatures"],
            "verbs": ["create", "get", "list", "update", "watch"],
        },
    ]
