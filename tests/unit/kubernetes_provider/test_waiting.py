"""When an object is ready, by kind: pure rules on statuses as controllers write them."""

from __future__ import annotations

from typing import Any

import pytest

from providers.kubernetes.objects import Object
from providers.kubernetes.waiting.rules import rule_for
from providers.kubernetes.waiting.verdict import Verdict
from tests.unit.kubernetes_provider.states import pod

Near = dict[str, list[Object]]


def _judge(api_version: str, kind: str, near: Near | None = None, **parts: Any) -> Verdict:
    rule = rule_for(api_version, kind, everything=True)
    assert rule is not None
    obj = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "x", "namespace": "n", "generation": 2},
        **parts,
    }

    def look(api_version: str, kind: str, namespace: str, **parameters: str) -> list[Object]:
        return (near or {}).get(kind, [])

    return rule(obj, look)


def _condition(name: str, status: str, **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": name, "status": status, **more}]}


_TOKEN = "kubernetes.io/service-account-token"
_SELECTOR = {"selector": {"matchLabels": {"app": "a"}}}
_ROLLED = {
    "observedGeneration": 2,
    "replicas": 2,
    "updatedReplicas": 2,
    "availableReplicas": 2,
    "readyReplicas": 2,
}
_LABELED = {**_ROLLED, "fullyLabeledReplicas": 2}
_NODES = {
    "observedGeneration": 2,
    "desiredNumberScheduled": 1,
    "updatedNumberScheduled": 1,
    "numberAvailable": 1,
}
_ENDPOINTS = {"EndpointSlice": [{"endpoints": [{"conditions": {"ready": True}}]}]}
_NO_ENDPOINTS = {"EndpointSlice": [{"endpoints": [{"conditions": {"ready": False}}]}]}
_LATER = {"StorageClass": [{"metadata": {"name": "s"}, "volumeBindingMode": "WaitForFirstConsumer"}]}
_ADDRESS = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}

READY: list[tuple[str, str, str, Near, dict[str, Any]]] = [
    ("all replicas", "apps/v1", "Deployment", {}, {"spec": {"replicas": 2}, "status": _ROLLED}),
    (
        "no replica wanted",
        "apps/v1",
        "Deployment",
        {},
        {"spec": {"replicas": 0}, "status": {"observedGeneration": 2}},
    ),
    ("all replicas", "apps/v1", "StatefulSet", {}, {"spec": {"replicas": 2}, "status": _ROLLED}),
    (
        "held back",
        "apps/v1",
        "StatefulSet",
        {},
        {
            "spec": {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
            "status": {**_ROLLED, "updatedReplicas": 1},
        },
    ),
    (
        "on delete",
        "apps/v1",
        "StatefulSet",
        {},
        {
            "spec": {"replicas": 2, "updateStrategy": {"type": "OnDelete"}},
            "status": {**_ROLLED, "updatedReplicas": 0},
        },
    ),
    ("all nodes", "apps/v1", "DaemonSet", {}, {"spec": {}, "status": _NODES}),
    (
        "on delete",
        "apps/v1",
        "DaemonSet",
        {},
        {
            "spec": {"updateStrategy": {"type": "OnDelete"}},
            "status": {**_NODES, "updatedNumberScheduled": 0},
        },
    ),
    ("ready", "v1", "ReplicationController", {}, {"spec": {"replicas": 2}, "status": _ROLLED}),
    ("complete", "batch/v1", "Job", {}, {"spec": {}, "status": _condition("Complete", "True")}),
    ("suspended", "batch/v1", "Job", {}, {"spec": {"suspend": True}}),
    ("ready", "v1", "Pod", {}, {"status": _condition("Ready", "True")}),
    ("succeeded", "v1", "Pod", {}, {"status": {"phase": "Succeeded"}}),
    ("answered", "v1", "Service", _ENDPOINTS, {"spec": {"selector": {"app": "a"}}}),
    ("nobody to answer", "v1", "Service", {}, {"spec": {"selector": {"app": "a"}}}),
    ("no selector", "v1", "Service", _NO_ENDPOINTS, {"spec": {}}),
    ("elsewhere", "v1", "Service", {}, {"spec": {"type": "ExternalName", "selector": {"app": "a"}}}),
    ("address", "v1", "Service", _ENDPOINTS, {"spec": {"type": "LoadBalancer"}, "status": _ADDRESS}),
    (
        "address",
        "networking.k8s.io/v1",
        "Ingress",
        _ENDPOINTS,
        {
            "spec": {"defaultBackend": {"service": {"name": "s"}}},
            "status": _ADDRESS,
        },
    ),
    (
        "external backend",
        "networking.k8s.io/v1",
        "Ingress",
        {"Service": [{"spec": {"type": "ExternalName"}}]},
        {
            "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "s"}}}]}}]},
            "status": _ADDRESS,
        },
    ),
    ("bound", "v1", "PersistentVolumeClaim", {}, {"status": {"phase": "Bound"}}),
    ("first consumer", "v1", "PersistentVolumeClaim", _LATER, {"spec": {"storageClassName": "s"}}),
    ("available", "v1", "PersistentVolume", {}, {"status": {"phase": "Available"}}),
    (
        "enforced",
        "v1",
        "ResourceQuota",
        {},
        {"spec": {"hard": {"pods": "1"}}, "status": {"hard": {"pods": "1"}}},
    ),
    (
        "served",
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        {},
        {"status": _condition("Established", "True")},
    ),
    ("answers", "apiregistration.k8s.io/v1", "APIService", {}, {"status": _condition("Available", "True")}),
    ("another Secret", "v1", "Secret", {}, {"type": "Opaque"}),
    ("a token", "v1", "Secret", {}, {"type": _TOKEN, "data": {"token": "dA=="}}),
    ("all replicas", "apps/v1", "ReplicaSet", {}, {"spec": {"replicas": 2}, "status": _LABELED}),
    ("no condition", "x.example.com/v1", "Thing", {}, {}),
    ("observed", "x.example.com/v1", "Thing", {}, {"status": {"observedGeneration": 2}}),
    ("ready", "x.example.com/v1", "Thing", {}, {"status": _condition("Ready", "True")}),
]


@pytest.mark.parametrize(
    ("why", "api_version", "kind", "near", "parts"), READY, ids=lambda value: str(value)[:24]
)
def test_it_is_ready(why: str, api_version: str, kind: str, near: Near, parts: dict[str, Any]) -> None:
    assert _judge(api_version, kind, near, **parts).ready


_IMAGE = pod("p", {"waiting": {"reason": "ErrImageNeverPull", "message": "not present"}})
_PODS = {"Pod": [_IMAGE]}
_LINE = "[Pod fx-err/p]: [ErrImageNeverPull] not present"
_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not "
    "match labels "
    "on any Pods"
)
_TOO_FEW = "Minimum number of live Pods was not attained"

WAITING: list[tuple[str, str, Near, dict[str, Any], list[str]]] = [
    (
        "apps/v1",
        "Deployment",
        _PODS,
        {"spec": _SELECTOR, "status": {"observedGeneration": 2}},
        [_TOO_FEW, _LINE],
    ),
    (
        "apps/v1",
        "Deployment",
        {},
        {"spec": {"replicas": 2}, "status": {**_ROLLED, "observedGeneration": 1}},
        [_TOO_FEW],
    ),
    (
        "apps/v1",
        "Deployment",
        {},
        {"spec": {"replicas": 2}, "status": {**_ROLLED, "replicas": 3}},
        [_TOO_FEW],
    ),
    (
        "apps/v1",
        "Deployment",
        {},
        {"status": _condition("ReplicaFailure", "True", reason="FailedCreate", message="no")},
        ["[FailedCreate] no", _TOO_FEW],
    ),
    (
        "apps/v1",
        "StatefulSet",
        _PODS,
        {"spec": _SELECTOR},
        ["0 out of 1 replicas succeeded readiness checks", _LINE],
    ),
    (
        "apps/v1",
        "DaemonSet",
        _PODS,
        {"spec": _SELECTOR, "status": {**_NODES, "numberAvailable": 0}},
        ["0 out of 1 Pods are available", _LINE],
    ),
    ("batch/v1", "Job", _PODS, {"spec": _SELECTOR}, [_LINE]),
    ("v1", "Service", {**_NO_ENDPOINTS, **_PODS}, {"spec": {"selector": {"app": "a"}}}, [_NO_PODS, _LINE]),
    (
        "networking.k8s.io/v1",
        "Ingress",
        {},
        {"spec": {"defaultBackend": {"service": {"name": "s"}}}, "status": _ADDRESS},
        ["Ingress has a rule for the Service 's', which has no ready endpoints"],
    ),
    (
        "v1",
        "PersistentVolumeClaim",
        {"Event": [{"type": "Warning", "reason": "ProvisioningFailed", "message": "none"}]},
        {"spec": {"storageClassName": "s"}},
        ["PersistentVolumeClaim is Pending", "[ProvisioningFailed] none"],
    ),
    ("v1", "ResourceQuota", {}, {"spec": {"hard": {"pods": "1"}}}, ["ResourceQuota is not yet enforced"]),
    (
        "apiregistration.k8s.io/v1",
        "APIService",
        {},
        {"status": _condition("Available", "False", reason="R", message="m")},
        ["[R] m"],
    ),
    (
        "x.example.com/v1",
        "Thing",
        {},
        {"status": _condition("Ready", "False", reason="R", message="m")},
        ["[R] m"],
    ),
    (
        "x.example.com/v1",
        "Thing",
        {},
        {"status": _condition("Ready", "Unknown", reason="R", message="m")},
        ["[R] m"],
    ),
    (
        "x.example.com/v1",
        "Thing",
        {},
        {"status": _condition("Reconciling", "True", reason="R", message="m")},
        ["[R] m"],
    ),
    (
        "x.example.com/v1",
        "Thing",
        {},
        {"status": {"observedGeneration": 1, **_condition("Ready", "True")}},
        ["generation 2 of 'x' was not observed yet"],
    ),
    (
        "x.example.com/v1",
        "Thing",
        {},
        {"metadata": {"name": "x", "deletionTimestamp": "2026-01-01T00:00:00Z"}},
        ["'x' is being deleted"],
    ),
    (
        "apps/v1",
        "ReplicaSet",
        _PODS,
        {"spec": _SELECTOR, "status": _condition("ReplicaFailure", "True", reason="R", message="m")},
        ["[R] m", "0 out of 1 replicas succeeded readiness checks", _LINE],
    ),
    (
        "v1",
        "Secret",
        {},
        {"type": _TOKEN, "metadata": {"annotations": {"kubernetes.io/service-account.name": "a"}}},
        ["no token has been made yet for the ServiceAccount 'a'"],
    ),
]


@pytest.mark.parametrize(
    ("api_version", "kind", "near", "parts", "reasons"), WAITING, ids=lambda value: str(value)[:24]
)
def test_it_is_waited_for_with_the_reason(
    api_version: str, kind: str, near: Near, parts: dict[str, Any], reasons: list[str]
) -> None:
    verdict = _judge(api_version, kind, near, **parts)

    assert (verdict.ready, verdict.failure, list(verdict.reasons)) == (False, None, reasons)
    assert verdict.status


FAILED: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "batch/v1",
        "Job",
        _condition("Failed", "True", reason="BackoffLimitExceeded"),
        "Resource 'x' was created but failed to initialize",
    ),
    ("v1", "Pod", {"phase": "Failed"}, "'x' has failed"),
    ("x.example.com/v1", "Thing", _condition("Stalled", "True", reason="R"), "'x' is stalled"),
    ("v1", "PersistentVolume", {"phase": "Failed"}, "PersistentVolume 'x' has failed"),
    (
        "apps/v1",
        "Deployment",
        {"observedGeneration": 2, **_condition("Progressing", "False", reason="ProgressDeadlineExceeded")},
        "'x' timed out waiting to be Ready",
    ),
    (
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        _condition("NamesAccepted", "False", reason="Conflict"),
        "the names of this CustomResourceDefinition are not accepted",
    ),
]


@pytest.mark.parametrize(
    ("api_version", "kind", "status", "failure"), FAILED, ids=lambda value: str(value)[:24]
)
def test_it_has_failed_for_good(api_version: str, kind: str, status: dict[str, Any], failure: str) -> None:
    assert _judge(api_version, kind, spec={}, status=status).failure == failure


def test_what_no_waiting_heals_is_an_alarm_at_once() -> None:
    verdict = _judge("apps/v1", "Deployment", _PODS, spec=_SELECTOR)

    assert verdict.alarms == ['container "c": [ErrImageNeverPull] not present']


def test_kinds_without_a_rule_are_waited_for_only_when_asked() -> None:
    assert rule_for("v1", "Namespace", everything=False) is None
    assert rule_for("x.example.com/v1", "Thing", everything=False) is None
