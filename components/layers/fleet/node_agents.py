"""Pods that run on every machine of a kind, as plain objects. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.layers.objects import Manifest

NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One pod a machine.

    Attributes:
        name: Of the DaemonSet, its label and its service account.
        on: Labels of the machines.
        containers: Its containers.
        init: What runs before them.
        volumes: What they mount.
        annotations: Of the pods: a changed one restarts them.
        host_pid: They see the machine's processes.
        asks: They ask the API server, so that they get a token.
    """

    name: str
    on: Mapping[str, str]
    containers: Sequence[Mapping[str, Any]]
    init: Sequence[Mapping[str, Any]] = ()
    volumes: Sequence[Mapping[str, Any]] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    host_pid: bool = False
    asks: bool = False


def daemon_set(agent: Agent) -> list[Manifest]:
    """The DaemonSet and its service account.

    It tolerates every taint: a machine that keeps ordinary pods away has GPUs all the same. Its priority
    keeps it on a machine that is short of memory; without it, the machine's GPUs are gone for all others.
    """
    labels = {"app.kubernetes.io/name": agent.name, "app.kubernetes.io/part-of": "kserve-platform"}
    metadata = {"name": agent.name, "namespace": NAMESPACE, "labels": labels}
    pod: dict[str, Any] = {
        "serviceAccountName": agent.name,
        "automountServiceAccountToken": agent.asks,
        "priorityClassName": "system-node-critical",
        "nodeSelector": dict(agent.on),
        "tolerations": [{"operator": "Exists"}],
        "containers": [dict(container) for container in agent.containers],
    }
    if agent.init:
        pod["initContainers"] = [dict(container) for container in agent.init]
    if agent.volumes:
        pod["volumes"] = [dict(volume) for volume in agent.volumes]
    if agent.host_pid:
        pod["hostPID"] = True
    template: dict[str, Any] = {"labels": labels}
    if agent.annotations:
        template["annotations"] = dict(agent.annotations)
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": agent.asks,
        },
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": {"app.kubernetes.io/name": agent.name}},
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
                "template": {"metadata": template, "spec": pod},
            },
        },
    ]


def host_path(name: str, path: str, kind: str | None = None) -> dict[str, Any]:
    """A folder of the machine as a volume.

    Args:
        name: Of the volume.
        path: On the machine.
        kind: What Kubernetes checks or makes there, e.g. DirectoryOrCreate; None for nothing.
    """
    return {"name": name, "hostPath": {"path": path, **({"type": kind} if kind else {})}}


def mount(name: str, path: str, **more: Any) -> dict[str, Any]:
    """A volume in a container."""
    return {"name": name, "mountPath": path, **more}


def variables(**values: str) -> list[dict[str, Any]]:
    """Environment of a container, by name."""
    return [{"name": name, "value": value} for name, value in values.items()]


def from_field(name: str, path: str) -> dict[str, Any]:
    """A variable with what the pod is, e.g. spec.nodeName."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
