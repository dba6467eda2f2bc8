"""What pods say when a Deployment does not come up. Pure but for the questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.platform.api import FAILURES, Api

_MOST = 3
_HOPELESS = {"ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError"}
"""Waiting reasons that no waiting mends."""


def pods_of(api: Api, namespace: str, deployment: str) -> list[Mapping[str, Any]]:
    """Pods that a Deployment selects; empty where that cannot be seen."""
    try:
        live = api.get("apps/v1", "Deployment", namespace, deployment)
        labels = ((live or {}).get("spec", {}).get("selector") or {}).get("matchLabels") or {}
        if not labels:
            return []
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return list(api.list_objects("v1", "Pod", namespace, labelSelector=selector))
    except FAILURES:
        return []


def pod_reasons(pod: Mapping[str, Any]) -> list[str]:
    """Why a pod is not ready, in the cluster's own words."""
    name = pod["metadata"]["name"]
    status = pod.get("status") or {}
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    reasons = [
        f"pod {name}: {condition.get('reason')}: {condition.get('message')}"
        for condition in status.get("conditions") or []
        if condition["type"] == "PodScheduled" and condition["status"] == "False"
    ]
    reasons += [
        f"pod {name}, container {container['name']}: {text}"
        for container in containers
        if (text := _container_reason(container))
    ]
    return reasons[:_MOST]


def hopeless(pod: Mapping[str, Any]) -> bool:
    """Whether a container of the pod waits for what cannot come."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return any((each.get("state", {}).get("waiting") or {}).get("reason") in _HOPELESS for each in statuses)


def _container_reason(container: Mapping[str, Any]) -> str:
    state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated")
    ended = f"; it ended before with exit code {last['exitCode']} ({last.get('reason')})" if last else ""
    if said := (last or {}).get("message"):
        ended += f": {said.strip()[-300:]}"
    if waiting := state.get("waiting"):
        message = f": {waiting['message']}" if waiting.get("message") else ""
        return f"{waiting.get('reason')}{message}{ended}"
    if terminated := state.get("terminated"):
        if terminated["exitCode"] == 0:
            return ""
        return f"ended with exit code {terminated['exitCode']} ({terminated.get('reason')})"
    return "" if container.get("ready") else f"runs and is not ready{ended}"
