"""The pulumi.com annotations: what they do, and what is said of those that do nothing."""

from __future__ import annotations

from typing import Any

import pytest

from providers.kubernetes import pulumi_annotations
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, refuse
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import ask
from tests.unit.kubernetes_provider.test_faults import URN

_MAP_URN = URN.format("core/v1:ConfigMap")
_THE = "the annotation pulumi.com/"
_POLICIES = "foreground, background, orphan"
_PATH = "/api/v1/namespaces/n/configmaps/m"


def _object(kind: str = "ConfigMap", api_version: str = "v1", **noted: str) -> dict[str, Any]:
    marked = {f"pulumi.com/{key}": value for key, value in noted.items()}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "m", "namespace": "n", "annotations": marked},
    }


@pytest.mark.parametrize(
    ("noted", "warnings"),
    [
        ({"skipAwait": "true", "timeoutSeconds": "12", "deletionPropagationPolicy": "Orphan"}, []),
        ({"reconciliation-request": "x"}, []),
        (
            {"skipAwat": "true"},
            [f"{_THE}skipAwat is unknown and has no effect: was pulumi.com/skipAwait meant?"],
        ),
        (
            {"patchForce": "yes"},
            [f"{_THE}patchForce is 'yes': only \"true\" has an effect"],
        ),
        (
            {"deletionPropagationPolicy": "later"},
            [f"{_THE}deletionPropagationPolicy is 'later', none of {_POLICIES}: foreground is used"],
        ),
        (
            {"timeoutSeconds": "5m"},
            ["pulumi.com/timeoutSeconds is '5m', not a number of seconds: 600 are used"],
        ),
    ],
)
def test_an_annotation_without_effect_is_told(noted: dict[str, str], warnings: list[str]) -> None:
    assert pulumi_annotations.warnings(_object(**noted)) == warnings


def test_they_are_told_in_preview(configured: Configure) -> None:
    provider = configured()

    ask(provider, "Check", {"urn": _MAP_URN, "news": _object(timeoutSeconds="5m")})

    log: Any = provider.engine
    assert log.texts("warning") == [
        "pulumi.com/timeoutSeconds is '5m', not a number of seconds: 600 are used"
    ]


def test_what_to_wait_for_is_refused_in_preview_where_it_cannot_be_read(configured: Configure) -> None:
    error = ask(configured(), "Check", {"urn": _MAP_URN, "news": _object(waitFor="soon")})["error"]

    assert error["message"] == (
        "the annotation pulumi.com/waitFor of ConfigMap n/m: "
        'expected a "jsonpath=" or "condition=" prefix, got "soon"'
    )


def test_an_object_that_is_not_to_be_awaited_is_not_whatever_else_is_demanded(
    configured: Configure, api: ApiDouble
) -> None:
    obj = _object("Widget", "fx.example.com/v1", skipAwait="true", waitFor="condition=Ready")

    answer = ask(configured(), "Create", {"urn": URN.format("fx.example.com/v1:Widget"), "properties": obj})

    assert answer["id"] == "n/m"


@pytest.mark.parametrize(
    ("noted", "sent"),
    [
        ({}, "Foreground"),
        ({"deletionPropagationPolicy": "background"}, "Background"),
        ({"deletionPropagationPolicy": "Orphan"}, "Orphan"),
    ],
)
def test_an_object_is_deleted_as_its_annotation_wants(
    noted: dict[str, str], sent: str, configured: Configure, api: ApiDouble
) -> None:
    api.put(_PATH, _object(**noted))

    ask(configured(), "Delete", {"urn": _MAP_URN, "id": "n/m", "properties": _object(**noted)})

    assert [call.body["propagationPolicy"] for call in api.calls if call.method == "DELETE"] == [sent]


@pytest.mark.parametrize(("noted", "forced"), [({}, "false"), ({"patchForce": "true"}, "true")])
def test_a_conflict_is_overruled_only_where_the_annotation_says_so(
    noted: dict[str, str], forced: str, configured: Configure, api: ApiDouble
) -> None:
    owner = {"manager": "other", "operation": "Update", "fieldsV1": {"f:data": {"f:k": {}}}}
    live = _object(**noted)
    api.put(
        _PATH, {**live, "data": {"k": "theirs"}, "metadata": {**live["metadata"], "managedFields": [owner]}}
    )
    old = {**_object(**noted), "data": {"k": "v"}, "__fieldManager": "ours"}

    request = {"urn": _MAP_URN, "id": "n/m", "olds": old, "news": {**_object(**noted), "data": {"k": "w"}}}
    answer = ask(configured(), "Update", request)

    assert [call.query["force"] for call in api.calls if call.method == "PATCH"] == [forced]
    assert ("error" in answer) == (forced == "false")


def test_a_chosen_field_manager_is_kept_to(configured: Configure, api: ApiDouble) -> None:
    obj = _object(patchFieldManager="me")

    answer = ask(configured(), "Create", {"urn": _MAP_URN, "properties": obj})

    assert answer["properties"]["__fieldManager"] == "me"


@pytest.mark.parametrize(("noted", "replaced"), [({}, False), ({"replaceUnready": "true"}, True)])
def test_what_has_failed_is_replaced_where_the_annotation_says_so(
    noted: dict[str, str], replaced: bool, configured: Configure, api: ApiDouble
) -> None:
    failed = {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}
    job = _object("Job", "batch/v1", **noted)
    api.put("/apis/batch/v1/namespaces/n/jobs/m", {**job, "status": failed})
    state = {**job, "__inputs": job}

    answer = ask(
        configured(),
        "Diff",
        {"urn": URN.format("batch/v1:Job"), "id": "n/m", "olds": state, "oldInputs": job, "news": job},
    )

    assert bool(answer["replaces"]) == replaced


def test_the_deletion_of_a_workload_is_not_awaited_where_nothing_is(
    configured: Configure, api: ApiDouble
) -> None:
    """As with the official provider, which calls it a flaw that it must keep (S17)."""
    pod = _object("Pod", skipAwait="true")
    held = {**pod, "metadata": {**pod["metadata"], "finalizers": ["x.example.com/hold"]}}
    api.put("/api/v1/namespaces/n/pods/m", held)
    api.script = _no_watch

    assert (
        ask(configured(), "Delete", {"urn": URN.format("core/v1:Pod"), "id": "n/m", "properties": pod}) == {}
    )
    assert "/api/v1/namespaces/n/pods/m" in api.objects


def _no_watch(call: Call) -> Reply | None:
    return refuse(500, "InternalError", "nobody should wait") if "watch" in call.query else None


@pytest.mark.parametrize("rpc", ["Create", "Update", "Delete"])
def test_the_time_of_the_options_wins_over_the_annotation(
    rpc: str, configured: Configure, api: ApiDouble
) -> None:
    pod = _object("Pod", timeoutSeconds="600")
    held = {**pod, "metadata": {**pod["metadata"], "finalizers": ["x.example.com/hold"]}}
    if rpc != "Create":
        api.put("/api/v1/namespaces/n/pods/m", held)
    state = {"Create": "properties", "Update": "olds", "Delete": "properties"}[rpc]
    request = {"urn": URN.format("core/v1:Pod"), state: pod, "timeout": 0.3}
    if rpc != "Create":
        request["id"] = "n/m"
    if rpc == "Update":
        request["news"] = {**pod, "spec": {"hostname": "h"}}

    message = ask(configured(), rpc, request)["error"]["message"]

    overdue = {"Delete": "timed out waiting for the condition\nfinalizers might be preventing deletion"}
    assert overdue.get(rpc, "'m' timed out waiting to be Ready") in message
