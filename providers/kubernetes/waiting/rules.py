"""Which rule judges which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from providers.kubernetes.objects import Object
from providers.kubernetes.waiting import generic, network, others, pods, workloads
from providers.kubernetes.waiting.verdict import Look, Verdict

Rule = Callable[[Object, Look], Verdict]

RULES: Final[dict[tuple[str, str], Rule]] = {
    ("apps/v1", "Deployment"): workloads.judge_deployment,
    ("apps/v1", "StatefulSet"): workloads.judge_stateful_set,
    ("apps/v1", "DaemonSet"): workloads.judge_daemon_set,
    ("v1", "ReplicationController"): workloads.judge_replication_controller,
    ("batch/v1", "Job"): workloads.judge_job,
    ("v1", "Pod"): pods.judge_pod,
    ("v1", "Service"): network.judge_service,
    ("networking.k8s.io/v1", "Ingress"): network.judge_ingress,
    ("v1", "PersistentVolumeClaim"): others.judge_claim,
    ("v1", "PersistentVolume"): others.judge_volume,
    ("v1", "ResourceQuota"): others.judge_quota,
    ("v1", "Secret"): others.judge_secret,
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): others.judge_definition,
    ("apiregistration.k8s.io/v1", "APIService"): others.judge_api_service,
}
_WHEN_ASKED: Final[dict[tuple[str, str], Rule]] = {("apps/v1", "ReplicaSet"): generic.judge_replica_set}
_WAITS_ON_DELETE: Final = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "Pod", "Namespace"}
)


def rule_for(api_version: str, kind: str, *, everything: bool) -> Rule | None:
    """Return the rule of a kind; None for one that is ready as soon as it exists.

    Args:
        api_version: The object's API version.
        kind: Its kind.
        everything: Whether kinds without a rule are judged by what their status tells.
    """
    found = RULES.get((api_version, kind))
    if found is not None or not everything:
        return found
    return _WHEN_ASKED.get((api_version, kind), generic.judge_by_status)


def may_skip_delete(kind: str) -> bool:
    """Whether the annotation skipAwait spares the wait for a deletion, too (S17)."""
    return kind in _WAITS_ON_DELETE
