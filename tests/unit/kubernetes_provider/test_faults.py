"""What an API server does on a bad day, on loopback: refusals, retries, dropped watches, answers cut
short.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from providers.kubernetes.provider import KubernetesProvider
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, refuse, within
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import ask

URN = "urn:pulumi:s::p::kubernetes:{}::r"
_MAP = "/api/v1/namespaces/n/configmaps"


def _config_map(**data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "m", "namespace": "n"},
        "data": data,
    }


def _deployment(seconds: int = 30) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "d",
            "namespace": "n",
            "annotations": {"pulumi.com/timeoutSeconds": str(seconds)},
        },
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "d"}}},
    }


def _create(provider: KubernetesProvider, obj: dict[str, Any], kind: str) -> dict[str, Any]:
    return ask(provider, "Create", {"urn": URN.format(kind), "properties": obj})


def create_map(provider: KubernetesProvider) -> dict[str, Any]:
    return _create(provider, _config_map(k="v"), "core/v1:ConfigMap")


def _times(count: int, matches: Callable[[Call], bool], reply: Reply) -> Callable[[Call], Reply | None]:
    """A script that answers the first `count` matching requests with `reply`."""
    left = [count]

    def answer(call: Call) -> Reply | None:
        if matches(call) and left[0]:
            left[0] -= 1
            return reply
        return None

    return answer


def _ready(obj: dict[str, Any]) -> dict[str, Any]:
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    return {**obj, "status": status}


def _roll_out(api: ApiDouble) -> None:
    """Make the Deployment ready, as its controller would."""
    path = "/apis/apps/v1/namespaces/n/deployments/d"
    assert within(5, lambda: path in api.objects)
    api.put(path, _ready(api.objects[path]))


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_too_many_requests_is_obeyed(method: str, configured: Configure, api: ApiDouble) -> None:
    api.script = _times(
        2, lambda call: call.method == method, refuse(429, "TooManyRequests", "wait", Retry_After="0")
    )

    assert create_map(configured())["id"] == "n/m"


def test_retry_after_is_waited_for(configured: Configure, api: ApiDouble) -> None:
    busy = refuse(429, "TooManyRequests", "wait", Retry_After="1")
    api.script = _times(1, lambda call: call.method == "POST", busy)
    begin = time.monotonic()

    assert create_map(configured())["id"] == "n/m"
    assert time.monotonic() - begin >= 1.0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_asked_again_where_nothing_can_happen_twice(
    status: int, configured: Configure, api: ApiDouble
) -> None:
    provider = configured()
    made = create_map(provider)
    api.script = _times(1, lambda call: call.method == "GET", refuse(status, "InternalError", "oh"))

    state = {"properties": made["properties"], "inputs": _config_map(k="v")}
    read = ask(provider, "Read", {"urn": URN.format("core/v1:ConfigMap"), "id": made["id"], **state})

    assert read["id"] == "n/m"


def test_a_create_is_not_repeated_after_a_server_error(configured: Configure, api: ApiDouble) -> None:
    api.script = _times(1, lambda call: call.method == "POST", refuse(500, "InternalError", "etcd is gone"))

    error = create_map(configured())["error"]

    assert error["message"].endswith(
        "was not successfully created by the Kubernetes API server: etcd is gone"
    )
    assert api.methods() == [f"POST {_MAP}"]


def test_an_answer_cut_short_is_asked_again(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    create_map(provider)
    cut = Reply(raw=b'{"kind": "ConfigM', cut=True)
    api.script = _times(1, lambda call: call.method == "GET", cut)

    read = ask(provider, "Read", {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m"})

    assert read["id"] == "n/m"


def test_an_answer_that_is_not_json_is_no_answer(configured: Configure, api: ApiDouble) -> None:
    api.script = lambda call: Reply(raw=b"<html>a proxy's login page</html>")

    error = create_map(configured())["error"]

    assert error["message"] == (
        "configured Kubernetes cluster is unreachable: unable to load schema information from the API "
        "server: "
        f"{api.url} answered something that is not JSON"
    )


def test_a_watch_that_is_dropped_costs_a_moment_only(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    answers: list[dict[str, Any]] = []
    waiting = threading.Thread(
        target=lambda: answers.append(_create(provider, _deployment(), "apps/v1:Deployment"))
    )
    waiting.start()
    assert within(5, lambda: any("watch" in call.query for call in api.calls))

    api.drop_watches()
    _roll_out(api)

    waiting.join(5)
    assert [answer["id"] for answer in answers] == ["n/d"]


@pytest.mark.parametrize("status", [403, 410, 500])
def test_a_watch_that_is_refused_is_replaced_by_reading(
    status: int, configured: Configure, api: ApiDouble
) -> None:
    api.script = lambda call: refuse(status, "Expired", "no watch") if "watch" in call.query else None
    threading.Timer(0.3, _roll_out, [api]).start()

    assert _create(configured(), _deployment(), "apps/v1:Deployment")["id"] == "n/d"


def test_an_api_server_that_restarts_under_a_wait_is_waited_for(
    configured: Configure, api: ApiDouble
) -> None:
    gone = refuse(503, "ServiceUnavailable", "restarting")
    api.script = _times(3, lambda call: call.method == "GET" and call.path.endswith("/deployments/d"), gone)
    threading.Timer(0.3, _roll_out, [api]).start()

    assert _create(configured(), _deployment(), "apps/v1:Deployment")["id"] == "n/d"


def test_an_object_that_is_deleted_under_a_wait_ends_it(configured: Configure, api: ApiDouble) -> None:
    def remove() -> None:
        assert within(5, lambda: "/apis/apps/v1/namespaces/n/deployments/d" in api.objects)
        api.remove("/apis/apps/v1/namespaces/n/deployments/d")

    threading.Timer(0.3, remove).start()

    error = _create(configured(), _deployment(), "apps/v1:Deployment")["error"]

    assert error["message"].endswith("'d' was deleted while it was waited for")


def test_cancel_ends_a_wait_within_a_second_and_keeps_what_there_is(
    configured: Configure, api: ApiDouble
) -> None:
    provider = configured()
    answers: list[dict[str, Any]] = []
    waiting = threading.Thread(
        target=lambda: answers.append(_create(provider, _deployment(), "apps/v1:Deployment"))
    )
    waiting.start()
    assert within(5, lambda: any("watch" in call.query for call in api.calls))
    begin = time.monotonic()

    ask(provider, "Cancel", {})

    waiting.join(5)
    assert time.monotonic() - begin < 1.0
    detail = answers[0]["error"]["details"][0]
    assert (detail["id"], detail["properties"]["kind"]) == ("n/d", "Deployment")
    assert detail["reasons"][0].endswith('Resource operation was cancelled for "d"')


def test_a_fold_that_meets_another_writer_is_done_again(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    made = create_map(provider)
    invalid = refuse(422, "Invalid", "the server rejected our request due to an error in our request")
    api.script = _times(2, lambda call: "json-patch" in call.headers.get("Content-Type", ""), invalid)

    update = {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m", "olds": made["properties"]}
    answer = ask(provider, "Update", {**update, "oldInputs": _config_map(k="v"), "news": _config_map(k="w")})

    assert answer["properties"]["data"] == {"k": "w"}
    assert [entry["operation"] for entry in answer["properties"]["metadata"]["managedFields"]] == ["Apply"]


def test_a_removed_field_goes_although_the_create_owned_it(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    made = _create(provider, _config_map(k="v", old="o"), "core/v1:ConfigMap")

    update = {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m", "olds": made["properties"]}
    answer = ask(provider, "Update", {**update, "news": _config_map(k="v")})

    assert answer["properties"]["data"] == {"k": "v"}


def test_a_conflict_on_delete_is_asked_again(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    made = create_map(provider)
    conflict = refuse(409, "Conflict", "the object has been modified")
    api.script = _times(2, lambda call: call.method == "DELETE", conflict)

    request = {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m", "properties": made["properties"]}

    assert ask(provider, "Delete", request) == {}
    assert api.objects == {}


def test_a_namesake_made_meanwhile_is_not_deleted(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    made = create_map(provider)
    path = f"{_MAP}/m"

    def answer(call: Call) -> Reply | None:
        if call.method == "DELETE":
            other = {**api.objects[path], "metadata": {**api.objects[path]["metadata"], "uid": "another"}}
            api.put(path, other)
            return refuse(409, "Conflict", "the UID in the precondition does not match")
        return None

    api.script = answer
    request = {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m", "properties": made["properties"]}

    assert ask(provider, "Delete", request) == {}
    assert api.objects[path]["metadata"]["uid"] == "another"


def test_a_kind_that_appears_under_way_is_found(
    configured: Configure, api: ApiDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.kubernetes.operations.create._FIRST_PAUSE", 0.05)
    monkeypatch.setitem(api.kinds, "new.example.com/v1", [])
    thing = {"apiVersion": "new.example.com/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": "n"}}
    threading.Timer(0.2, lambda: api.kinds["new.example.com/v1"].append(("things", "Thing", True))).start()

    assert _create(configured(), thing, "new.example.com/v1:Thing")["id"] == "n/t"


def test_a_kind_that_is_gone_means_that_its_objects_are(configured: Configure, api: ApiDouble) -> None:
    urn = URN.format("gone.example.com/v1:Thing")
    old = {"apiVersion": "gone.example.com/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": "n"}}

    read = ask(configured(), "Read", {"urn": urn, "id": "n/t", "properties": old, "inputs": old})

    assert read["id"] == ""
    assert ask(configured(), "Delete", {"urn": urn, "id": "n/t", "properties": old}) == {}


def test_a_warning_of_the_server_is_shown_once(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    warning = '299 - "unknown field \\"spec.x\\""'
    api.script = lambda call: Reply(201, call.body, {"Warning": warning}) if call.method == "POST" else None

    create_map(provider)
    create_map(provider)

    lines = provider.engine.lines  # type: ignore[attr-defined]
    assert [text for kind, text in lines if kind == "warning"] == ['unknown field "spec.x"']


def test_an_existing_object_that_is_replaced_may_be_in_the_way_in_preview(
    configured: Configure, api: ApiDouble
) -> None:
    provider = configured()
    made = create_map(provider)
    urn = URN.format("core/v1:ConfigMap")
    ask(provider, "Diff", {"urn": urn, "id": "n/m", "olds": made["properties"], "news": _config_map(k="w")})

    answer = ask(provider, "Create", {"urn": urn, "properties": _config_map(k="w"), "preview": True})

    assert answer["properties"] == _config_map(k="w")


def test_a_server_that_answered_before_is_asked_again_when_it_is_away(configured: Configure) -> None:
    api = ApiDouble()
    provider = configured(None, api.kubeconfig())
    create_map(provider)
    port = api.server.server_port
    api.script = lambda call: Reply(raw=b"", cut=True)  # what is connected is cut off
    api.close()
    back: list[ApiDouble] = []

    def return_after_a_while() -> None:
        revived = ApiDouble(port)
        revived.objects.update(api.objects)
        back.append(revived)

    threading.Timer(0.5, return_after_a_while).start()
    read = ask(provider, "Read", {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m"})
    back[0].close()

    assert read["id"] == "n/m"
