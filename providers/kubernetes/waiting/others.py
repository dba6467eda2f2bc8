"""Claims, volumes, definitions, quotas, tokens of service accounts."""

from __future__ import annotations

from typing import Final

from providers.kubernetes.objects import Object, annotations_of, metadata_of
from providers.kubernetes.waiting.verdict import READY, Look, Verdict, condition, is_true, told

TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105  a type
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"


def judge_claim(obj: Object, look: Look) -> Verdict:
    """A PersistentVolumeClaim is bound, or waits for its first consumer as its class wants it."""
    phase = (obj.get("status") or {}).get("phase") or "Pending"
    if phase == "Bound" or _binds_later(obj, look):
        return READY
    return Verdict(
        status=f"Waiting for PersistentVolumeClaim to be bound ({phase})",
        overdue=f"Timeout occurred polling for '{metadata_of(obj).get('name')}'",
        reasons=[f"PersistentVolumeClaim is {phase}", *_events(obj, look)],
    )


def judge_volume(obj: Object, look: Look) -> Verdict:
    """A PersistentVolume is available or bound."""
    status = obj.get("status") or {}
    phase = status.get("phase") or "Pending"
    if phase in {"Available", "Bound"}:
        return READY
    return Verdict(
        status=f"Waiting for PersistentVolume to be available ({phase})",
        failure=f"PersistentVolume '{metadata_of(obj).get('name')}' has failed"
        if phase == "Failed"
        else None,
        reasons=[f"PersistentVolume is {phase}", *filter(None, [status.get("message")])],
    )


def judge_definition(obj: Object, look: Look) -> Verdict:
    """A CustomResourceDefinition is served: objects of its kind can be created."""
    if is_true(obj, "Established"):
        return READY
    refused = condition(obj, "NamesAccepted")
    reasons = [told(refused)] if refused.get("status") == "False" else []
    return Verdict(
        status="Waiting for CustomResourceDefinition to be established",
        failure="the names of this CustomResourceDefinition are not accepted" if reasons else None,
        reasons=reasons,
    )


def judge_api_service(obj: Object, look: Look) -> Verdict:
    """An APIService answers."""
    if is_true(obj, "Available"):
        return READY
    return Verdict(
        status="Waiting for APIService to be available", reasons=[told(condition(obj, "Available"))]
    )


def judge_quota(obj: Object, look: Look) -> Verdict:
    """A ResourceQuota is enforced as it was asked for."""
    if (obj.get("spec") or {}).get("hard") == (obj.get("status") or {}).get("hard"):
        return READY
    return Verdict(
        status="Waiting for ResourceQuota to be enforced", reasons=["ResourceQuota is not yet enforced"]
    )


def judge_secret(obj: Object, look: Look) -> Verdict:
    """A Secret for a service account's token has its token; any other is ready."""
    if obj.get("type") != TOKEN or (obj.get("data") or {}).get("token"):
        return READY
    account = annotations_of(obj).get("kubernetes.io/service-account.name")
    return Verdict(
        status="Waiting for the token of the service account",
        reasons=[f"no token has been made yet for the ServiceAccount '{account}'"],
    )


def _binds_later(claim: Object, look: Look) -> bool:
    wanted = (claim.get("spec") or {}).get("storageClassName")
    if wanted == "":
        return False
    classes = look("storage.k8s.io/v1", "StorageClass", "")
    for one in classes:
        is_default = annotations_of(one).get(_DEFAULT_CLASS) == "true"
        if metadata_of(one).get("name") == wanted or (wanted is None and is_default):
            return bool(one.get("volumeBindingMode") == "WaitForFirstConsumer")
    return False


def _events(obj: Object, look: Look) -> list[str]:
    meta = metadata_of(obj)
    fields = f"involvedObject.name={meta.get('name')},involvedObject.kind={obj.get('kind')}"
    found = look("v1", "Event", str(meta.get("namespace") or ""), fieldSelector=fields)
    warnings = [event for event in found if event.get("type") == "Warning"]
    warnings.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime")))
    return list(dict.fromkeys(told(event) for event in warnings))[-3:]
