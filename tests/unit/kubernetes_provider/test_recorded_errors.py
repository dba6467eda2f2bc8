"""Every recorded failure, asked again of ours: its code, first line, reasons and what the state keeps."""

from __future__ import annotations

import re
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from providers.kubernetes.waiting import gate
from tests.unit.kubernetes_provider.apidouble import ApiDouble
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import Case, ask, load
from tests.unit.kubernetes_provider.replay import blur, script
from tests.unit.kubernetes_provider.states import PODS

_CASES = {case.name: case for case in load("errors")}
DIFFERENCES = {
    "preview-already-exists": "found in preview, not halfway through the update (R9)",
    "kubeconfig-unknown-context-create": "the cause stands in the first line, without the page of advice",
    "kubeconfig-unknown-context-update": "the cause stands in the first line, without the page of advice",
    "pod-exited": "a Pod that has ended badly is not waited for any longer, so it did not time out (R9)",
    "pod-unschedulable": "the scheduler's reason is told (R7)",
    "pvc-no-such-class": "timeoutSeconds is honoured, and the phase told (R9)",
    "daemonset-bad-image": "the pod's reason is told (R7)",
    "deployment-bad-image": "the Deployment's condition is told, too (R7)",
    "deployment-crash": "the Deployment's condition is told, too (R7)",
    "custom-timeout-of-the-request": "the Deployment's condition is told, too (R7)",
    "deployment-progress-deadline": "the Deployment's conditions are told, too (R7)",
    "waitfor-condition-on-custom-resource": "what was waited for is told (R7)",
    "waitfor-jsonpath": "what was waited for is told (R7)",
    "delete-held-by-finalizer": "the finalizer is named in the error, not only in a warning (R6)",
    "job-failed": "the pod's lines are one line",
    "job-failed-replaceunready": "the pod's lines are one line",
    "job-failed-read": "the pod's lines are one line",
    "update-after-kubectl-apply-preview": "what a real update folds is no conflict in preview either (S8)",
    "update-after-before-first-apply-update-preview": "what a real update folds is no conflict in "
    "preview either",
    "update-after-kubectl-edit-update-preview": "what a real update folds is no conflict in preview "
    "either (S8)",
    "update-after-kubectl-client-side-apply-update-preview": "what a real update folds is no conflict in "
    "preview",
}
"""Where ours answers otherwise on purpose, and why; each has a test of its own below."""
_UNREADY = "containers with unready status: [c]"
_NO_MINIMUM = "[MinimumReplicasUnavailable] Deployment does not have minimum availability."
_TOO_FEW = "Minimum number of live Pods was not attained"
_NEVER_PULLED = (
    f'{_UNREADY}[ErrImageNeverPull] Container image "docker.io/library/missing:1" is not present with pull '
    "policy of Never"
)
_UNSCHEDULABLE = (
    "[Pod fx-err/bpod]: Unschedulable: 0/1 nodes are available: 1 node(s) didn't match Pod's node "
    "affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is "
    "not helpful for scheduling."
)
_CRASHED = (
    f'{_UNREADY}container "c" completed with exit code 1\n'
    'container "c" terminated at 2026-01-01T00:00:00Z (Error: exit code 1)'
)


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gates' clock run two hundred times as fast: recorded waits take up to five minutes."""
    monkeypatch.setattr(gate, "time", SimpleNamespace(monotonic=lambda: 200 * time.monotonic()))
    monkeypatch.setattr(gate, "_QUICKEST", 0.005)
    monkeypatch.setattr(gate, "_GRACE_SECONDS", 200 * 30)


def _ask(configured: Configure, api: ApiDouble, case: Case) -> dict[str, Any]:
    kubeconfig = api.kubeconfig()
    if case.name.startswith("kubeconfig-invalid"):
        kubeconfig = "not: [a kubeconfig"
    elif case.name.startswith(("unreachable", "kubeconfig-unknown")):
        kubeconfig = api.kubeconfig_of("http://127.0.0.1:1")
    provider = configured(case.config, kubeconfig)
    script(api, case, PODS.get(f"errors/{case.name}", []))
    if case.name.startswith("cancel"):
        threading.Timer(0.3, provider.cancelled.set).start()
    answer = ask(provider, case.rpc, case.request)
    answer.pop("refresh_before_update", None)
    return answer


def _comparable(answer: dict[str, Any], volatile: tuple[str, ...]) -> Any:
    answer = blur(answer, volatile)
    error = answer.get("error")
    if error is None:
        return answer
    reasons = {_cut(reason) for detail in error["details"] for reason in detail["reasons"][1:]}
    kept = [(detail["id"], detail["properties"] is not None) for detail in error["details"]]
    return error["code"], _cut(error["message"].split("\n")[0]), reasons, kept


def _cut(text: str) -> str:
    """The text before the first address, time or pod name."""
    return re.split(r'Get "|https?://127|\[Pod |\d{4}-\d\d-\d\dT', text)[0]


@pytest.mark.parametrize("name", sorted(set(_CASES) - set(DIFFERENCES)))
def test_the_failure_is_the_official_one(
    name: str, configured: Configure, api: ApiDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _CASES[name]
    volatile = tuple(path for path in case.volatile if ".error." not in path)
    monkeypatch.setattr("providers.kubernetes.operations.create._FIRST_PAUSE", 0.001)

    assert _comparable(_ask(configured, api, case), volatile) == _comparable(case.response, volatile)


@pytest.mark.parametrize(
    ("name", "first_line", "reasons"),
    [
        (
            "pod-exited",
            "'epod' has failed",
            ['[Pod fx-err/epod]: container "c" completed with exit code 2'],
        ),
        (
            "pod-unschedulable",
            "'bpod' timed out waiting to be Ready",
            [_UNSCHEDULABLE],
        ),
        ("pvc-no-such-class", "Timeout occurred polling for 'pvcx'", ["PersistentVolumeClaim is Pending"]),
        (
            "daemonset-bad-image",
            "timed out waiting for the condition",
            ["0 out of 1 Pods are available", f"[Pod fx-err/p-0000000000-xxxxx]: {_NEVER_PULLED}"],
        ),
        (
            "deployment-bad-image",
            "'badimg' timed out waiting to be Ready",
            [_NO_MINIMUM, _TOO_FEW, f"[Pod fx-err/p-0000000000-xxxxx]: {_NEVER_PULLED}"],
        ),
        (
            "custom-timeout-of-the-request",
            "'cto' timed out waiting to be Ready",
            [_NO_MINIMUM, _TOO_FEW, f"[Pod fx-err/p-0000000000-xxxxx]: {_NEVER_PULLED}"],
        ),
        (
            "deployment-crash",
            "'crash' timed out waiting to be Ready",
            [_NO_MINIMUM, _TOO_FEW, f"[Pod fx-err/p-0]: {_CRASHED}"],
        ),
        (
            "deployment-progress-deadline",
            "'slow' timed out waiting to be Ready",
            [
                _NO_MINIMUM,
                '[ProgressDeadlineExceeded] ReplicaSet "slow-0000000000" has timed out progressing.',
                _TOO_FEW,
                f"[Pod fx-err/p-0000000000-xxxxx]: {_UNREADY}",
            ],
        ),
        (
            "waitfor-condition-on-custom-resource",
            "timed out waiting for the condition",
            ["waiting for condition=Ready"],
        ),
        ("waitfor-jsonpath", "timed out waiting for the condition", ["waiting for jsonpath={.status.x}"]),
        *(
            (
                name,
                f"Resource '{job}' was created but failed to initialize",
                [
                    f'[Pod fx-err/p-xxxxx]: {_UNREADY}container "c" completed with exit code 3',
                    "[BackoffLimitExceeded] Job has reached the specified backoff limit",
                ],
            )
            for name, job in (
                ("job-failed", "badjob"),
                ("job-failed-replaceunready", "rjob"),
                ("job-failed-read", "rjob"),
            )
        ),
    ],
)
def test_a_failed_wait_tells_more_than_the_official_one(
    name: str, first_line: str, reasons: list[str], configured: Configure, api: ApiDouble
) -> None:
    error = _ask(configured, api, _CASES[name])["error"]

    assert error["message"].split("become live: ")[-1] == first_line
    assert error["details"][0]["reasons"] == [error["message"], *reasons]


def test_a_finalizer_that_holds_an_object_is_named(configured: Configure, api: ApiDouble) -> None:
    error = _ask(configured, api, _CASES["delete-held-by-finalizer"])["error"]

    assert error["message"] == (
        "timed out waiting for the condition\nfinalizers might be preventing deletion (fx.example.com/hold)"
    )
    assert error["details"][0]["id"] == "fx-err/fin"


def test_an_object_that_exists_is_found_in_preview(configured: Configure, api: ApiDouble) -> None:
    case = _CASES["preview-already-exists"]

    error = _ask(configured, api, case)["error"]

    assert error["message"] == (
        f'resource "{case.request["urn"]}" was not successfully created by the Kubernetes API server: '
        'namespaces "default" already exists\n'
        "To manage the existing object, import it (pulumi import kubernetes:core/v1:Namespace "
        "preview-already-exists default, or the import_ option), give yours another name, or delete the other"
    )


@pytest.mark.parametrize("name", ["kubeconfig-unknown-context-create", "kubeconfig-unknown-context-update"])
def test_a_context_that_does_not_exist_is_named_in_one_line(
    name: str, configured: Configure, api: ApiDouble
) -> None:
    error = _ask(configured, api, _CASES[name])["error"]

    assert error["message"] == (
        "configured Kubernetes cluster is unreachable: unable to load Kubernetes client configuration from "
        'kubeconfig file: context "nope" does not exist'
    )


@pytest.mark.parametrize("name", sorted(name for name in DIFFERENCES if name.startswith("update-after")))
def test_what_an_update_takes_over_is_no_conflict_in_preview(
    name: str, configured: Configure, api: ApiDouble
) -> None:
    answer = _ask(configured, api, _CASES[name])

    assert "error" not in answer
    assert [call.query["force"] for call in api.calls if call.method == "PATCH"] == ["false", "true"]


def test_every_difference_is_one() -> None:
    assert set(DIFFERENCES) <= set(_CASES)
