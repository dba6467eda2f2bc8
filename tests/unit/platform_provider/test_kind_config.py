"""What kind and kubeadm are told, out of inputs."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import yaml

from components.catalog.modules import KIND
from providers.platform.kind.config import companion_files, kind_config, request_patches
from providers.platform.kind.inputs import read_inputs
from tests.unit.platform_provider.samples import KIND_INPUTS

FOLDER = Path("/cache/clusters/a")


def _config(**changed: Any) -> dict[str, Any]:
    return dict(yaml.safe_load(kind_config(read_inputs({**KIND_INPUTS, **changed}), FOLDER, 36443)))


def test_everything_is_published_on_the_loopback_address_only() -> None:
    config = _config()
    assert config["networking"]["apiServerAddress"] == "127.0.0.1"
    assert config["networking"]["apiServerPort"] == 36443
    mappings = config["nodes"][0]["extraPortMappings"]
    assert mappings == [
        {"containerPort": 30080, "hostPort": 8080, "listenAddress": "127.0.0.1", "protocol": "TCP"}
    ]


def test_each_node_gets_its_own_copy_of_the_image_store() -> None:
    nodes = _config(imageStore="k", nodes=[{"role": "control-plane"}, {"role": "worker"}])["nodes"]
    assert [node["extraMounts"] for node in nodes] == [
        [
            {
                "hostPath": "/cache/clusters/a/a-control-plane/containerd",
                "containerPath": "/var/lib/containerd",
            }
        ],
        [{"hostPath": "/cache/clusters/a/a-worker/containerd", "containerPath": "/var/lib/containerd"}],
    ]


def _drivers(*, cgroup_v1: bool, **changed: Any) -> tuple[bool, bool]:
    """Whether kubelet and containerd are told to leave systemd out."""
    inputs = read_inputs({**KIND_INPUTS, **changed})
    config = yaml.safe_load(kind_config(inputs, FOLDER, 1, cgroup_v1=cgroup_v1))
    kubelet = {"kind": "KubeletConfiguration", "cgroupDriver": "cgroupfs"}
    kubeadm = [yaml.safe_load(patch) for patch in config["kubeadmConfigPatches"]]
    containerd = [tomllib.loads(patch) for patch in config.get("containerdConfigPatches", ())]
    cri = [patch["plugins"]["io.containerd.grpc.v1.cri"] for patch in containerd]
    off = {"containerd": {"runtimes": {"runc": {"options": {"SystemdCgroup": False}}}}}
    return kubelet in kubeadm, off in cri


def test_with_cgroup_v1_kubelet_and_containerd_of_our_own_image_make_groups_without_systemd() -> None:
    assert _drivers(cgroup_v1=True, imageStore="k") == (True, True)
    mirrors = {"docker.io": ["https://m"]}
    assert _drivers(cgroup_v1=True, imageStore="k", registryMirrors=mirrors) == (True, True)
    assert _drivers(cgroup_v1=True) == (False, False)
    assert _drivers(cgroup_v1=False, imageStore="k") == (False, False)


def test_without_a_store_nothing_is_mounted() -> None:
    assert "extraMounts" not in _config()["nodes"][0]


def test_kinds_own_network_is_left_out_where_the_image_brings_one() -> None:
    assert _config(network="bridge")["networking"]["disableDefaultCNI"] is True
    assert _config()["networking"]["disableDefaultCNI"] is False


def test_the_controllers_of_every_cluster_may_ask_as_often_as_they_need() -> None:
    (patch,) = _config()["kubeadmConfigPatches"]
    assert yaml.safe_load(patch) == {
        "kind": "ClusterConfiguration",
        "controllerManager": {"extraArgs": {"kube-api-qps": "200", "kube-api-burst": "400"}},
    }
    assert KIND.version == "v0.30.0", (
        "does this kind still write kubeadm's v1beta3, where extraArgs is a map?"
    )


def test_a_name_server_that_is_up_is_asked_within_a_second() -> None:
    patch = json.loads(request_patches()["corednsdeployment+strategic.json"])
    (container,) = patch["spec"]["template"]["spec"]["containers"]
    assert container["startupProbe"] == {
        "httpGet": {"path": "/ready", "port": 8181},
        "periodSeconds": 1,
        "failureThreshold": 300,
    }


def test_low_requests_reach_kubeadm_as_patches() -> None:
    inputs = read_inputs({**KIND_INPUTS, "lowRequests": True})
    config = _config(lowRequests=True)
    assert yaml.safe_load(config["kubeadmConfigPatches"][1]) == {
        "kind": "InitConfiguration",
        "patches": {"directory": "/kserve-platform/patches"},
    }
    assert config["nodes"][0]["extraMounts"] == [
        {
            "hostPath": "/cache/clusters/a/patches",
            "containerPath": "/kserve-platform/patches",
            "readOnly": True,
        }
    ]
    assert set(companion_files(inputs)) == {f"patches/{name}" for name in request_patches()}


def test_the_patches_name_every_pod_of_the_control_plane() -> None:
    patches = request_patches()
    assert sorted(patches) == [
        "corednsdeployment+strategic.json",
        "etcd+strategic.json",
        "kube-apiserver+strategic.json",
        "kube-controller-manager+strategic.json",
        "kube-scheduler+strategic.json",
    ]
    assert json.loads(patches["etcd+strategic.json"]) == {
        "spec": {"containers": [{"name": "etcd", "resources": {"requests": {"cpu": "10m"}}}]}
    }


def test_registry_mirrors_become_files_that_containerd_reads() -> None:
    mirrors = {"docker.io": ["https://m1.example", "http://127.0.0.1:5000"]}
    files = companion_files(read_inputs({**KIND_INPUTS, "registryMirrors": mirrors}))
    assert files == {
        "mirrors/docker.io/hosts.toml": '[host."https://m1.example"]\n  capabilities = ["pull", "resolve"]\n'
        "\n"
        '[host."http://127.0.0.1:5000"]\n  capabilities = ["pull", "resolve"]\n'
    }
    config = _config(registryMirrors=mirrors)
    assert config["nodes"][0]["extraMounts"] == [
        {
            "hostPath": "/cache/clusters/a/mirrors",
            "containerPath": "/etc/containerd/certs.d",
            "readOnly": True,
        }
    ]
    assert 'config_path = "/etc/containerd/certs.d"' in config["containerdConfigPatches"][0]


def test_the_same_inputs_give_the_same_text() -> None:
    inputs = read_inputs(KIND_INPUTS)
    assert kind_config(inputs, FOLDER, 1) == kind_config(inputs, FOLDER, 1)
