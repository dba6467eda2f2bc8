"""Where a scenario is played: a cluster, a namespace of the scenario's own, and another client in it."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import yaml

from providers.kubeclient.client import ApiError
from providers.kubernetes.cluster import Cluster
from providers.kubernetes.settings import Settings
from tests.unit.kubernetes_provider.apidouble import within

SHELL = "docker.io/rancher/local-path-provisioner:v0.0.30"
"""An image with a shell that every kind node has."""
PATIENCE = 30
"""Seconds after which a rollout that is meant to fail is given up."""
MISSING = 'configmap "settings" not found'
"""Why the pods of `ROLLOUT` do not start."""
ROLLOUT = """
k8s.apps.v1.Deployment("d", metadata={{"name": "d", "namespace": "{space}", "annotations": {noted}}},
    spec={{"selector": {{"matchLabels": {{"app": "d"}}}}, "template": {{
        "metadata": {{"labels": {{"app": "d"}}}},
        "spec": {{"terminationGracePeriodSeconds": 1, "containers": [
            {{"name": "c", "image": "{image}", "imagePullPolicy": "Never",
              "command": ["/bin/sh", "-c", "sleep 3600"],
              "envFrom": [{{"configMapRef": {{"name": "settings"}}}}]}}]}}}}}}{options})
"""
_KINDS = {"ConfigMap": "v1", "Secret": "v1", "Pod": "v1", "Namespace": "v1", "Deployment": "apps/v1"}
_MERGE_PATCH = "application/merge-patch+json"
_SECONDS = 90.0


class World:
    """A cluster with a namespace of the test's own, and another client in it.

    Args:
        kubeconfig: Its kubeconfig.
    """

    def __init__(self, kubeconfig: str) -> None:
        self.kubeconfig = kubeconfig
        self.space = f"scenario-{uuid.uuid4().hex[:8]}"
        self._cluster = Cluster(Settings(kubeconfig=kubeconfig), lambda _: None, threading.Event())

    def open(self) -> None:
        """Make the namespace."""
        self._cluster.create(_object("Namespace", "", self.space))

    def close(self) -> None:
        """Take the namespace away with all that is in it, without waiting."""
        self._cluster.delete(_object("Namespace", "", self.space), "Background")
        self._cluster.close()

    def rollout(self, seconds: int = PATIENCE, options: str = "") -> str:
        """A program of a Deployment whose pods start once there is a ConfigMap `settings`."""
        noted = {"pulumi.com/timeoutSeconds": str(seconds)}
        return ROLLOUT.format(space=self.space, noted=noted, image=SHELL, options=options)

    def add(self, kind: str, name: str, manager: str = "other", **parts: Any) -> None:
        """Create an object as another client does."""
        named = _object(kind, self.space, name)
        obj = {**named, **parts, "metadata": {**parts.get("metadata", {}), **named["metadata"]}}
        path = self._cluster.path(obj, collection=True)
        self._cluster.client().send("POST", path, {"fieldManager": manager}, obj)

    def edit(self, kind: str, name: str, **parts: Any) -> None:
        """Change an object as somebody with kubectl does."""
        path = self._cluster.path(_object(kind, self.space, name))
        self._cluster.client().send("PATCH", path, {"fieldManager": "kubectl-edit"}, parts, _MERGE_PATCH)

    def remove(self, kind: str, name: str) -> None:
        """Delete an object as another client does."""
        self._cluster.delete(_object(kind, self.space, name), "Background")

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """An object as it is now; None if there is none."""
        try:
            return self._cluster.read(_object(kind, self.space, name))
        except ApiError as error:
            if not error.gone:
                raise
            return None

    def names(self, kind: str = "ConfigMap") -> set[str]:
        """The names of all objects of a kind that the test or its stack made."""
        found = self._cluster.find(_KINDS[kind], kind, self.space)
        return {str(one["metadata"]["name"]) for one in found} - {"kube-root-ca.crt"}

    def data(self, name: str) -> Any:
        """What a ConfigMap holds."""
        found = self.get("ConfigMap", name)
        assert found is not None, f"there is no ConfigMap {name}"
        return found["data"]

    def elsewhere(self) -> str:
        """A kubeconfig of a server that is not there."""
        config = yaml.safe_load(self.kubeconfig)
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
        return yaml.safe_dump(config)

    def await_failure(self) -> None:
        """Return once the rollout has failed to start its pod, and the kubelet says why."""
        assert within(_SECONDS, self._is_stuck), "no pod of the Deployment says why it does not start"

    def heal(self) -> None:
        """Make what the rollout lacks, and return once it is done."""
        self.add("ConfigMap", "settings", data={"k": "v"})
        assert within(_SECONDS, self._is_rolled_out), "the Deployment does not become available"

    def _is_stuck(self) -> bool:
        states = [
            container.get("state") or {}
            for pod in self._cluster.find("v1", "Pod", self.space, labelSelector="app=d")
            for container in (pod.get("status") or {}).get("containerStatuses") or []
        ]
        return any((state.get("waiting") or {}).get("message") == MISSING for state in states)

    def _is_rolled_out(self) -> bool:
        return ((self.get("Deployment", "d") or {}).get("status") or {}).get("availableReplicas") == 1


def _object(kind: str, namespace: str, name: str) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": _KINDS[kind], "kind": kind, "metadata": meta}
