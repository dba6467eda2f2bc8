"""Objects of any kind, judged by what their status tells: for PULUMI_K8S_AWAIT_ALL.

Fact: the official provider judges them by sigs.k8s.io/cli-utils pkg/kstatus/status (generic.go, core.go): the
generation that was observed, the conditions Reconciling, Stalled and Ready, and the counts of a ReplicaSet.
There Stalled is waited for until the time is up; here it ends the wait, for it says that nothing will come.
"""

from __future__ import annotations

from providers.kubernetes.objects import Object, metadata_of
from providers.kubernetes.waiting.pods import alarms, explain, pods_of
from providers.kubernetes.waiting.verdict import READY, Look, Verdict, condition, is_true, number, told


def judge_by_status(obj: Object, look: Look) -> Verdict:
    """An object is ready unless its status says that it is not, or that it is of an earlier spec."""
    name = metadata_of(obj).get("name")
    if metadata_of(obj).get("deletionTimestamp"):
        return _waiting("its deletion", [f"'{name}' is being deleted"])
    observed = (obj.get("status") or {}).get("observedGeneration")
    generation = metadata_of(obj).get("generation")
    if isinstance(observed, int) and isinstance(generation, int) and observed != generation:
        return _waiting("its controller", [f"generation {generation} of '{name}' was not observed yet"])
    if is_true(obj, "Stalled"):
        return Verdict(failure=f"'{name}' is stalled", reasons=[told(condition(obj, "Stalled"))])
    if is_true(obj, "Reconciling"):
        return _waiting("condition Reconciling to end", [told(condition(obj, "Reconciling"))])
    ready = condition(obj, "Ready")
    if not ready or ready.get("status") == "True":
        return READY
    return _waiting(f"condition Ready: {told(ready)}", [told(ready)])


def judge_replica_set(obj: Object, look: Look) -> Verdict:
    """Every replica has all labels and is ready and available, and none is left over."""
    wanted = number(obj, "spec", "replicas", default=1)
    counted = {key: number(obj, "status", f"{key}Replicas") for key in ("fullyLabeled", "available", "ready")}
    total = number(obj, "status", "replicas")
    judged = judge_by_status(obj, look)
    failing = condition(obj, "ReplicaFailure")
    if judged.ready and total <= wanted <= min(counted.values()) and failing.get("status") != "True":
        return READY
    pods = pods_of(obj, look)
    least = f"{counted['ready']} out of {wanted} replicas succeeded readiness checks"
    noted = [told(failing)] if failing.get("status") == "True" else []
    return Verdict(
        status=f"Waiting for ReplicaSet to be ready ({counted['ready']}/{wanted})",
        reasons=[*judged.reasons, *noted, least, *explain(pods)],
        alarms=alarms(pods),
    )


def _waiting(what: str, reasons: list[str]) -> Verdict:
    return Verdict(status=f"Waiting for {what}", reasons=reasons)
