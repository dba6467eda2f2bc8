"""Deployments, StatefulSets, DaemonSets and ReplicationControllers: the pods of the latest spec, and all
of them.
"""

from __future__ import annotations

from providers.kubernetes.objects import Object, metadata_of
from providers.kubernetes.waiting.pods import alarms, explain, pods_of
from providers.kubernetes.waiting.verdict import (
    CONDITION_OVERDUE,
    READY,
    Look,
    Verdict,
    condition,
    is_observed,
    is_true,
    number,
    told,
)


def judge_deployment(obj: Object, look: Look) -> Verdict:
    """Every replica is of the latest template and available, and no old one is left."""
    wanted = number(obj, "spec", "replicas", default=1)
    updated, available, total = (
        number(obj, "status", key) for key in ("updatedReplicas", "availableReplicas", "replicas")
    )
    if is_observed(obj) and updated >= wanted and available >= wanted and total == updated:
        return READY
    pods = pods_of(obj, look)
    progressing, availability = condition(obj, "Progressing"), condition(obj, "Available")
    reasons = [told(availability)] if availability.get("status") == "False" else []
    stalled = progressing.get("reason") == "ProgressDeadlineExceeded" and is_observed(obj)
    if stalled:
        reasons.append(told(progressing))
    refused = condition(obj, "ReplicaFailure")
    if refused.get("status") == "True":
        reasons.append(told(refused))
    return Verdict(
        status=f"Waiting for app ReplicaSet to be available ({available}/{wanted} Pods available)",
        failure=f"'{metadata_of(obj).get('name')}' timed out waiting to be Ready" if stalled else None,
        reasons=[*reasons, "Minimum number of live Pods was not attained", *explain(pods)],
        alarms=alarms(pods),
    )


def judge_stateful_set(obj: Object, look: Look) -> Verdict:
    """Every replica is ready, and of the latest template as far as the update strategy goes."""
    wanted = number(obj, "spec", "replicas", default=1)
    ready, updated = number(obj, "status", "readyReplicas"), number(obj, "status", "updatedReplicas")
    strategy = (obj.get("spec") or {}).get("updateStrategy") or {}
    current = True
    if strategy.get("type", "RollingUpdate") == "RollingUpdate":
        held_back = number(strategy, "rollingUpdate", "partition")
        current = updated >= wanted - held_back
    if is_observed(obj) and ready >= wanted and current:
        return READY
    pods = pods_of(obj, look)
    return Verdict(
        status=f"Waiting for StatefulSet to be available ({ready}/{wanted} Pods ready, {updated} updated)",
        reasons=[f"{ready} out of {wanted} replicas succeeded readiness checks", *explain(pods)],
        alarms=alarms(pods),
    )


def judge_daemon_set(obj: Object, look: Look) -> Verdict:
    """A pod of the latest template is available on every node that shall have one."""
    wanted = number(obj, "status", "desiredNumberScheduled")
    updated, available = (
        number(obj, "status", "updatedNumberScheduled"),
        number(obj, "status", "numberAvailable"),
    )
    strategy = ((obj.get("spec") or {}).get("updateStrategy") or {}).get("type", "RollingUpdate")
    if is_observed(obj) and available >= wanted and (updated >= wanted or strategy == "OnDelete"):
        return READY
    pods = pods_of(obj, look)
    return Verdict(
        status=f"Waiting for DaemonSet to be available ({available}/{wanted} Pods, {updated} updated)",
        overdue=CONDITION_OVERDUE,
        reasons=[f"{available} out of {wanted} Pods are available", *explain(pods)],
        alarms=alarms(pods),
    )


def judge_replication_controller(obj: Object, look: Look) -> Verdict:
    """Every replica is ready."""
    wanted, ready = number(obj, "spec", "replicas", default=1), number(obj, "status", "readyReplicas")
    if is_observed(obj) and ready >= wanted:
        return READY
    selector = {"matchLabels": (obj.get("spec") or {}).get("selector") or {}}
    pods = pods_of({**obj, "spec": {"selector": selector}}, look)
    return Verdict(
        status=f"Waiting for Pods to be ready ({ready}/{wanted})",
        reasons=[f"{ready} out of {wanted} replicas succeeded readiness checks", *explain(pods)],
        alarms=alarms(pods),
    )


def judge_job(obj: Object, look: Look) -> Verdict:
    """A Job is ready when it has completed, or when it is not meant to run."""
    if is_true(obj, "Complete") or (obj.get("spec") or {}).get("suspend"):
        return READY
    pods = pods_of(obj, look)
    name = "Failed" if is_true(obj, "Failed") else "FailureTarget"
    failed = condition(obj, name)
    active, succeeded, failures = (number(obj, "status", key) for key in ("active", "succeeded", "failed"))
    if is_true(obj, name):
        return Verdict(
            failure=f"Resource '{metadata_of(obj).get('name')}' was created but failed to initialize",
            reasons=[*explain(pods), told(failed)],
        )
    return Verdict(
        status=f"Waiting for Job to succeed (Active: {active} | Succeeded: {succeeded} | Failed: {failures})",
        reasons=explain(pods),
        alarms=alarms(pods),
    )
