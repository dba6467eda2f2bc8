"""DCGM exporter: how busy and how hot GPUs are, and how full their memory, for whoever collects metrics.

On all machines with GPUs that this project's groups have, whatever their system: on Bottlerocket it reaches
the driver because of SYS_ADMIN, which profiling metrics need in any case (bottlerocket issue 3992). Pods of
EKS Auto Mode's machines are AWS's, so that it is not installed there.

Facts: deployment/examples/dcgm-exporter.yaml of NVIDIA/dcgm-exporter at 4.8.4; probes as in its chart.
Memory: working sets of 405 to 512 MiB were measured by others on machines of 1 to 8 GPUs, and with a limit of
512Mi half of those with 8 GPUs were killed (pytorch/ci-infra issue 1011; NVIDIA/dcgm-exporter issue 609).
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.cluster.base import Cluster
from components.facts.gpu_software import DCGM_EXPORTER
from components.layers.fleet.node_agents import (
    NAMESPACE,
    Agent,
    daemon_set,
    from_field,
    host_path,
    mount,
    variables,
)
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest

NAME = "dcgm-exporter"
PORT = 9400
GPU_PRESENT = "nvidia.com/gpu.present"

_RESOURCES_FOLDER = "/var/lib/kubelet/pod-resources"


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        profile: How its pods are run.
    """

    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        service: The Service that metrics are read from.
    """

    service: pulumi.Resource


class DcgmExporter(Layer):
    """The exporter on every machine with GPUs, and a Service that names them all."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("DcgmExporter", NAME, cluster)
        installed = self.install(manifests(), profile_edits(args.profile))
        self.outputs = Outputs(service=installed.of("Service")[0])
        self.register_outputs({})


def manifests() -> list[Manifest]:
    """Everything of the layer."""
    return [*daemon_set(_exporter()), _service()]


def _exporter() -> Agent:
    health = {"httpGet": {"path": "/health", "port": "metrics"}}
    container = {
        "name": NAME,
        "image": DCGM_EXPORTER,
        "env": [
            *variables(
                DCGM_EXPORTER_LISTEN=f":{PORT}",
                # Says which pod each number is of; not so where pods share a GPU in turns.
                DCGM_EXPORTER_KUBERNETES="true",
                NVIDIA_VISIBLE_DEVICES="all",
            ),
            from_field("NODE_NAME", "spec.nodeName"),
        ],
        "ports": [{"name": "metrics", "containerPort": PORT}],
        "startupProbe": {**health, "periodSeconds": 5, "failureThreshold": 60},
        "livenessProbe": {**health, "periodSeconds": 10, "timeoutSeconds": 5},
        "readinessProbe": {**health, "periodSeconds": 10, "timeoutSeconds": 5},
        "resources": {"requests": {"cpu": "50m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "runAsNonRoot": False,
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
        },
        "volumeMounts": [mount("pod-resources", _RESOURCES_FOLDER, readOnly=True)],
    }
    return Agent(
        name=NAME,
        on={GPU_PRESENT: "true"},
        containers=[container],
        volumes=[host_path("pod-resources", _RESOURCES_FOLDER, "Directory")],
    )


def _service() -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "kserve-platform"},
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": str(PORT)},
        },
        "spec": {
            # No address of its own: each machine's numbers are of that machine.
            "clusterIP": "None",
            "selector": {"app.kubernetes.io/name": NAME},
            "ports": [{"name": "metrics", "port": PORT, "targetPort": "metrics"}],
        },
    }
