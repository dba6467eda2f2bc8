"""What an object's status says. Pure: a live object in, the reason why it is not ready out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]


def placed(namespace: str, name: str) -> str:
    """An object's name as people write it: with its namespace, if it has one."""
    return f"{namespace}/{name}" if namespace else name


def deployment_problem(live: Object) -> str:
    """Why a Deployment is not wholly available in its newest generation; empty if it is."""
    status = live.get("status") or {}
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "its controller has not seen its newest generation"
    wanted = live.get("spec", {}).get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated >= wanted and available >= wanted and status.get("replicas", 0) <= updated:
        return ""
    for condition in status.get("conditions", []):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return str(condition.get("message") or condition.get("reason"))
    return f"{available} of {wanted} replicas are available, {updated} are updated"


def deployment_failure(live: Object) -> str:
    """Why a Deployment will not become available by itself; empty while it may."""
    for condition in (live.get("status") or {}).get("conditions", []):
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return str(condition.get("message") or "its progress deadline is over")
    return ""


def condition_problem(live: Object, wanted: str) -> str:
    """Why a condition is not True for the newest generation; empty if it is.

    An `observedGeneration`, of the condition or of the status, older than the object's own is old news.
    """
    status = live.get("status") or {}
    generation = live.get("metadata", {}).get("generation", 0)
    for condition in status.get("conditions") or []:
        if condition.get("type") != wanted:
            continue
        seen = condition.get("observedGeneration", status.get("observedGeneration", generation))
        if seen < generation:
            return "its controller has not seen its newest generation"
        if condition.get("status") == "True":
            return ""
        reason, message = condition.get("reason") or "", condition.get("message") or ""
        return ": ".join(text for text in (reason, message) if text) or f"{wanted} is not True"
    return f"it has no condition {wanted} yet"


def slices_problem(slices: Sequence[Object]) -> str:
    """Why no endpoint of a Service is ready; empty if one is."""
    endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or []]
    # `ready` absent means unknown, which the API asks to be taken for ready.
    if any((endpoint.get("conditions") or {}).get("ready") in {True, None} for endpoint in endpoints):
        return ""
    return f"none of {len(endpoints)} endpoints is ready" if endpoints else "it has no endpoint"


def unbundled(live: Object) -> list[str]:
    """Names of the webhooks that have no CA bundle; a CRD without a conversion webhook has none."""
    if live.get("kind") == "CustomResourceDefinition":
        conversion = live.get("spec", {}).get("conversion") or {}
        if conversion.get("strategy") != "Webhook":
            return []
        client = (conversion.get("webhook") or {}).get("clientConfig") or {}
        return [] if client.get("caBundle") else ["its conversion webhook"]
    return [
        str(webhook.get("name"))
        for webhook in live.get("webhooks") or []
        if not (webhook.get("clientConfig") or {}).get("caBundle")
    ]
