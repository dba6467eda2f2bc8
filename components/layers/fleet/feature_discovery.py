"""GPU feature discovery: labels machines by what their GPUs are, e.g. nvidia.com/gpu.product, gpu.memory.

It looks at a machine's GPUs and says so in an object of the kind NodeFeature; node feature discovery's master
makes labels of these, and its collector deletes those of machines that are gone. NFD's own worker, which
looks at everything else of a machine, stays away: nothing asks for its labels. So feature discovery needs no
right to change nodes itself.

Facts: cmd/gpu-feature-discovery and internal/lm/output.go of github.com/NVIDIA/k8s-device-plugin v0.18.2
(NODE_NAME, NAMESPACE, useNodeFeatureAPI), templates/role.yml and values.yaml of its chart (rights,
privileged); NFD's objects are those of its kustomization, v0.18.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.facts.gpu_software import DEVICE_PLUGIN
from components.layers.fleet.device_plugin import CONFIG_FOLDER, config_volume, configured, machines
from components.layers.fleet.node_agents import (
    NAMESPACE,
    Agent,
    daemon_set,
    from_field,
    host_path,
    mount,
    variables,
)
from components.layers.fleet.plugin_config import FILE
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest
from components.layers.ordering import WORKLOADS
from components.settings.eks.nodes import GpuSettings

NAME = "gpu-feature-discovery"
_WORKER = "nfd-worker"
_GROUP = "nfd.k8s-sigs.io"


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: Manifests of node feature discovery.
        gpu: How GPUs are shared.
        config: The ConfigMap of the device plugin, which is read here too.
        profile: How its pods are run.
    """

    rendered: Rendered
    gpu: GpuSettings
    config: pulumi.Resource
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        agent: What looks at every machine. Nothing waits for its labels: this project's own are there from a
            machine's start.
    """

    agent: pulumi.Resource


class FeatureDiscovery(Layer):
    """Node feature discovery's master, and GPU feature discovery on the machines."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("FeatureDiscovery", NAME, cluster)
        crds = self.install_crds(args.rendered)
        installed = self.install(
            [*args.rendered.objects, *manifests(args.gpu)],
            (without_worker, *profile_edits(args.profile)),
            after={WORKLOADS: [crds, args.config]},
        )
        self.outputs = Outputs(agent=installed.of("DaemonSet")[0])
        self.register_outputs({})


def without_worker(manifest: Manifest) -> Manifest | None:
    """Leave out NFD's worker and all that is only for it, its configuration's name with a digest too."""
    return None if manifest["metadata"]["name"].startswith(_WORKER) else manifest


def manifests(gpu: GpuSettings) -> list[Manifest]:
    """GPU feature discovery."""
    role = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]},
        {
            "apiGroups": [_GROUP],
            "resources": ["nodefeatures"],
            "verbs": ["create", "get", "list", "update", "watch"],
        },
    ]
    return [
        *daemon_set(_agent(gpu)),
        {
            "apiVersion": f"{role}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": NAME},
            "rules": rules,
        },
        {
            "apiVersion": f"{role}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": NAME},
            "roleRef": {"apiGroup": role, "kind": "ClusterRole", "name": NAME},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
        },
    ]


def _agent(gpu: GpuSettings) -> Agent:
    container = {
        "name": NAME,
        "image": DEVICE_PLUGIN,
        "command": ["gpu-feature-discovery"],
        "env": [
            from_field("NODE_NAME", "spec.nodeName"),
            from_field("NAMESPACE", "metadata.namespace"),
            *variables(CONFIG_FILE=f"{CONFIG_FOLDER}/{FILE}", NVIDIA_VISIBLE_DEVICES="all"),
        ],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        # What it asks of virtual GPUs it reads from their PCI configuration, which only such a container may.
        "securityContext": {"privileged": True},
        "volumeMounts": [
            mount("config", CONFIG_FOLDER, readOnly=True),
            mount("sys", "/sys", readOnly=True),
        ],
    }
    return Agent(
        name=NAME,
        on=machines(gpu),
        containers=[container],
        volumes=[config_volume(gpu), host_path("sys", "/sys", "Directory")],
        annotations=configured(gpu),
        asks=True,
    )
