"""The configuration that kind and kubeadm are given. Pure: texts out of inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from providers.platform.kind.inputs import BRIDGE, CONTROL_PLANE, KindInputs, Node

CONTAINERD_ROOT = "/var/lib/containerd"
_PATCHES, _MIRRORS = "/kserve-platform/patches", "/etc/containerd/certs.d"
_LOOPBACK = "127.0.0.1"
_LOW_CPU = "10m"
# Held to twenty questions a second, upstream's default, the controllers need seven seconds to start. So long
# there is no kube-proxy, and no Service answers. As kubeadm's v1beta3 has it, which kind 0.30 writes: v1beta4
# wants a list.
_ASKED_FREELY = {"kube-api-qps": "200", "kube-api-burst": "400"}
# Its readiness is asked every ten seconds: missed once, no name resolves for ten more, and whoever asked
# backs off. The port is that of the `ready` plugin.
_RESOLVER_UP = {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1, "failureThreshold": 300}
# In version 1 systemd takes controllers away from a slice that it thinks has no need of them, also in the
# moment in which the kubelet makes a pod's group in it ("mkdir ...: no such file or directory"). The pod is
# tried again 15 s later: where it was the API server's, all that waits for that slept 12 s more. Only for our
# own image, whose containerd reads this setting.
_WITHOUT_SYSTEMD = (
    '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n  SystemdCgroup = false\n'
)
_STATIC_PODS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")


def kind_config(inputs: KindInputs, folder: Path, api_server_port: int, *, cgroup_v1: bool = False) -> str:
    """The cluster's configuration file for `kind create cluster`.

    Args:
        inputs: The cluster.
        folder: The cluster's folder in the cache; `<node>/containerd` below it holds a node's image store.
        api_server_port: Port on 127.0.0.1 for the API server.
        cgroup_v1: The machine's control groups are those of version 1.
    """
    names = inputs.node_names()
    config: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": inputs.name,
        "networking": {
            "apiServerAddress": _LOOPBACK,
            "apiServerPort": api_server_port,
            "disableDefaultCNI": inputs.network == BRIDGE,
        },
        "nodes": [
            _node(inputs, node, folder, folder / name) for node, name in zip(inputs.nodes, names, strict=True)
        ],
    }
    patches = [{"kind": "ClusterConfiguration", "controllerManager": {"extraArgs": _ASKED_FREELY}}]
    if inputs.low_requests:
        patches.append({"kind": "InitConfiguration", "patches": {"directory": _PATCHES}})
    containerd = []
    if cgroup_v1 and inputs.image_store:
        patches.append({"kind": "KubeletConfiguration", "cgroupDriver": "cgroupfs"})
        containerd.append(_WITHOUT_SYSTEMD)
    config["kubeadmConfigPatches"] = [yaml.safe_dump(patch) for patch in patches]
    if inputs.registry_mirrors:
        containerd.append(f'[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "{_MIRRORS}"\n')
    if containerd:
        config["containerdConfigPatches"] = containerd
    return yaml.safe_dump(config, sort_keys=False)


def companion_files(inputs: KindInputs) -> dict[str, str]:
    """Files that the configuration refers to: path below the cluster's folder -> content."""
    files: dict[str, str] = {}
    if inputs.low_requests:
        files |= {f"patches/{name}": text for name, text in request_patches().items()}
    for registry, mirrors in inputs.registry_mirrors.items():
        files[f"mirrors/{registry}/hosts.toml"] = hosts_file(mirrors)
    return files


def request_patches() -> dict[str, str]:
    """Patches of kubeadm that make the control plane easy on a small machine: file name -> content.

    Upstream's requests add up to most of two cores, which are then missing to the pods that the cluster is
    for. Requests reserve; they do not limit. `corednsdeployment` is a target since kubeadm 1.32.
    """
    patches: dict[str, Mapping[str, Any]] = {
        f"{name}+strategic.json": {"spec": {"containers": [_asking_little(name)]}} for name in _STATIC_PODS
    }
    resolver = {**_asking_little("coredns"), "startupProbe": _RESOLVER_UP}
    patches["corednsdeployment+strategic.json"] = {
        "spec": {"replicas": 1, "template": {"spec": {"containers": [resolver]}}}
    }
    return {name: json.dumps(patch) for name, patch in patches.items()}


def hosts_file(mirrors: tuple[str, ...]) -> str:
    """The hosts.toml that containerd reads for a registry: mirrors, asked in this order, before itself."""
    return "\n".join(f'[host."{mirror}"]\n  capabilities = ["pull", "resolve"]\n' for mirror in mirrors)


def _asking_little(container: str) -> dict[str, Any]:
    return {"name": container, "resources": {"requests": {"cpu": _LOW_CPU}}}


def _node(inputs: KindInputs, node: Node, folder: Path, own: Path) -> dict[str, Any]:
    mounts: list[dict[str, Any]] = [
        {"hostPath": mount.host_path, "containerPath": mount.container_path, "readOnly": mount.read_only}
        for mount in node.mounts
    ]
    if inputs.image_store:
        mounts.append({"hostPath": str(own / "containerd"), "containerPath": CONTAINERD_ROOT})
    if inputs.low_requests and node.role == CONTROL_PLANE:
        mounts.append({"hostPath": str(folder / "patches"), "containerPath": _PATCHES, "readOnly": True})
    if inputs.registry_mirrors:
        mounts.append({"hostPath": str(folder / "mirrors"), "containerPath": _MIRRORS, "readOnly": True})
    return {
        "role": node.role,
        "image": inputs.node_image,
        **({"labels": dict(node.labels)} if node.labels else {}),
        **({"extraMounts": mounts} if mounts else {}),
        **(
            {
                "extraPortMappings": [
                    {
                        "containerPort": mapping.container_port,
                        "hostPort": mapping.host_port,
                        "listenAddress": _LOOPBACK,
                        "protocol": "TCP",
                    }
                    for mapping in node.port_mappings
                ]
            }
            if node.port_mappings
            else {}
        ),
    }
