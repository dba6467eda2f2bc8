"""What an API server does on its worst days, on loopback: silence, drips, watches that only end, kinds that
change under way.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from providers.kubernetes.provider import KubernetesProvider
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, Script, refuse, within
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import ask
from tests.unit.kubernetes_provider.test_faults import URN, create_map

_DEPLOYMENTS = "/apis/apps/v1/namespaces/n/deployments"
_DEPLOYED = f"{_DEPLOYMENTS}/d"
_STATUS = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def _deployment(seconds: int) -> dict[str, Any]:
    noted = {"pulumi.com/timeoutSeconds": str(seconds)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "n", "annotations": noted},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "d"}}},
    }


class _Creating:
    """A Deployment that is being created in a thread of its own."""

    def __init__(self, provider: KubernetesProvider, seconds: int = 60) -> None:
        self.answers: list[dict[str, Any]] = []
        request = {"urn": URN.format("apps/v1:Deployment"), "properties": _deployment(seconds)}
        self.thread = threading.Thread(
            target=lambda: self.answers.append(ask(provider, "Create", request)), daemon=True
        )
        self.thread.start()

    def answer(self, seconds: float) -> dict[str, Any]:
        self.thread.join(seconds)
        assert self.answers, f"no answer within {seconds} s"
        return self.answers[0]


def _roll_out(api: ApiDouble) -> None:
    assert within(5, lambda: _DEPLOYED in api.objects)
    api.put(_DEPLOYED, {**api.objects[_DEPLOYED], "status": _STATUS})


def _reads(api: ApiDouble) -> int:
    return sum(call.method == "GET" and call.path == _DEPLOYED for call in api.calls)


def _watches(api: ApiDouble) -> int:
    return sum("watch" in call.query for call in api.calls)


def test_a_watch_whose_events_have_expired_is_begun_anew(configured: Configure, api: ApiDouble) -> None:
    """The server has compacted what the watch was to tell: an event says so (410) and the watch ends."""
    status = refuse(410, "Expired", "too old resource version").body
    expired = json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"
    api.script = lambda call: Reply(raw=expired) if "watch" in call.query else None
    creating = _Creating(configured())
    assert within(10, lambda: _watches(api) >= 3)
    before, begin = _reads(api), time.monotonic()

    assert within(10, lambda: _reads(api) > before + 5)
    spent = time.monotonic() - begin
    _roll_out(api)

    assert spent > 0.5  # it does not ask as fast as the watch ends
    assert creating.answer(5)["id"] == "n/d"


def _silent(released: threading.Event, api: ApiDouble) -> Script:
    """A server that takes every look at the Deployment, once it is there, and does not answer."""

    def answer(call: Call) -> Reply | None:
        if call.method == "GET" and call.path.startswith(_DEPLOYMENTS):
            released.wait(20)
        return None

    return answer


def test_a_silent_server_does_not_hold_up_who_wants_to_stop(configured: Configure, api: ApiDouble) -> None:
    released = threading.Event()
    provider = configured()
    api.script = _silent(released, api)
    creating = _Creating(provider)
    assert within(5, lambda: _reads(api) > 0)
    begin = time.monotonic()

    ask(provider, "Cancel", {})
    error = creating.answer(5)["error"]
    released.set()

    assert time.monotonic() - begin < 1.0
    detail = error["details"][0]
    assert (detail["id"], detail["properties"]["kind"]) == ("n/d", "Deployment")
    assert detail["reasons"][0].endswith('Resource operation was cancelled for "d"')
    assert detail["reasons"][1:] == ["the API server did not answer when it was asked last"]


def test_a_wait_ends_in_time_though_the_server_is_silent(configured: Configure, api: ApiDouble) -> None:
    released = threading.Event()
    api.script = _silent(released, api)
    begin = time.monotonic()

    error = _Creating(configured(), seconds=1).answer(10)["error"]
    released.set()

    assert time.monotonic() - begin < 6
    assert error["details"][0]["reasons"][0].endswith("'d' timed out waiting to be Ready")


def test_an_object_is_kept_whose_server_goes_away_under_a_wait(
    configured: Configure, api: ApiDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.kubernetes.waiting.gate._PATIENCE_SECONDS", 0.1)
    forbidden = refuse(403, "Forbidden", "you may not look at deployments")
    api.script = lambda call: forbidden if call.method == "GET" and call.path == _DEPLOYED else None

    detail = _Creating(configured()).answer(5)["error"]["details"][0]

    assert (detail["id"], detail["properties"]["kind"]) == ("n/d", "Deployment")
    assert detail["reasons"][0].endswith("'d' cannot be read any more: you may not look at deployments")


def test_an_answer_that_drips_is_given_up_in_time(configured: Configure, api: ApiDouble) -> None:
    provider = configured({"kubeClientSettings": '{"timeout": 1}'})
    create_map(provider)
    api.script = lambda call: Reply(body={"kind": "ConfigMap", "fill": "x" * 100}, drip=0.05)
    api.calls.clear()
    begin = time.monotonic()

    error = ask(provider, "Read", {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m"})["error"]

    assert error["message"].startswith("failed to read resource state due to unreachable cluster.")
    log: Any = provider.engine
    assert log.texts("warning") == [f"{api.url}: no whole answer within 1 s"]
    assert time.monotonic() - begin < 10
    assert [call.method for call in api.calls].count("GET") == 2


def test_a_create_whose_answer_is_cut_short_is_not_repeated(configured: Configure, api: ApiDouble) -> None:
    cut = Reply(raw=b'{"kind": "ConfigM', cut=True)
    api.script = lambda call: cut if call.method == "POST" else None

    message = create_map(configured())["error"]["message"]

    assert "whether the ConfigMap n/m was created is not known. Look for it" in message
    assert [call.method for call in api.calls].count("POST") == 1


def test_a_discovery_that_is_cut_short_is_asked_again(configured: Configure, api: ApiDouble) -> None:
    cuts = iter([Reply(raw=b'{"kind": "APIResourceL', cut=True)])
    api.script = lambda call: next(cuts, None) if call.path == "/api/v1" else None

    assert create_map(configured())["id"] == "n/m"


def test_a_watch_that_is_cut_within_an_event_is_begun_anew(configured: Configure, api: ApiDouble) -> None:
    cut = Reply(raw=b'{"type": "MODIFIED", "obj', cut=True)
    api.script = lambda call: cut if "watch" in call.query else None
    creating = _Creating(configured())
    assert within(10, lambda: _watches(api) >= 2)

    _roll_out(api)

    assert creating.answer(5)["id"] == "n/d"


def test_a_token_that_expires_under_a_wait_is_renewed(
    configured: Configure, api: ApiDouble, tmp_path: Any
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    provider = configured(None, api.kubeconfig(tokenFile=str(token)))
    valid = ["old"]

    def only_valid(call: Call) -> Reply | None:
        known = call.headers.get("Authorization") == f"Bearer {valid[0]}"
        return None if known else refuse(401, "Unauthorized", "Unauthorized")

    api.script = only_valid
    creating = _Creating(provider)
    assert within(5, lambda: _watches(api) > 0)

    token.write_text("new")
    valid[0] = "new"
    _roll_out(api)

    assert creating.answer(10)["id"] == "n/d"


_THING = {"apiVersion": "new.example.com/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": "n"}}


def test_a_kind_that_is_served_under_another_name_now_is_found(
    configured: Configure, api: ApiDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its CRD was taken away and came again, with another plural, while a deployment was on."""
    monkeypatch.setattr("providers.kubernetes.operations.create._FIRST_PAUSE", 0.05)
    monkeypatch.setitem(api.kinds, "new.example.com/v1", [("things", "Thing", True)])
    provider = configured()
    request = {"urn": URN.format("new.example.com/v1:Thing"), "properties": _THING}
    assert ask(provider, "Create", request)["id"] == "n/t"
    api.objects.clear()
    api.kinds["new.example.com/v1"] = [("thingies", "Thing", True)]
    gone = refuse(404, "NotFound", "the server could not find the requested resource")
    api.script = lambda call: gone if "/things" in call.path else None

    assert ask(provider, "Create", request)["id"] == "n/t"
    assert list(api.objects) == ["/apis/new.example.com/v1/namespaces/n/thingies/t"]


def test_a_group_whose_server_is_away_for_a_moment_is_asked_again(
    configured: Configure, api: ApiDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(api.kinds, "new.example.com/v1", [("things", "Thing", True)])
    away = iter([refuse(503, "ServiceUnavailable", "the backend is away", Retry_After="0")] * 2)
    api.script = lambda call: next(away, None) if call.path == "/apis/new.example.com/v1" else None

    answer = ask(
        configured(), "Create", {"urn": URN.format("new.example.com/v1:Thing"), "properties": _THING}
    )

    assert answer["id"] == "n/t"


def test_a_definition_that_its_controller_writes_to_meanwhile_is_updated(
    configured: Configure, api: ApiDouble
) -> None:
    provider = configured()
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/w.example.com"
    served = {"status": {"conditions": [{"type": "Established", "status": "True"}]}}
    meta = {"name": "w.example.com"}
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": meta}
    api.put(path, {**crd, **served})
    conflicts = iter([refuse(409, "Conflict", "the object has been modified")] * 2)
    api.script = lambda call: next(conflicts, None) if call.method == "PUT" else None

    update = {"urn": URN.format("apiextensions.k8s.io/v1:CustomResourceDefinition"), "id": "w.example.com"}
    news = {**crd, "spec": {"group": "example.com"}, **served}
    answer = ask(provider, "Update", {**update, "olds": {**crd, "__inputs": crd}, "news": news})

    assert answer["properties"]["spec"] == {"group": "example.com"}
    assert [call.method for call in api.calls].count("PUT") == 3


@pytest.mark.parametrize(("kind", "looks"), [("Opaque", 0), ("kubernetes.io/service-account-token", 1)])
def test_only_a_secret_that_gets_a_token_is_looked_at_again(
    kind: str, looks: int, configured: Configure, api: ApiDouble
) -> None:
    meta = {"name": "s", "namespace": "n"}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": meta, "data": {"token": "dA=="}}

    answer = ask(configured(), "Create", {"urn": URN.format("core/v1:Secret"), "properties": secret})

    assert answer["id"] == "n/s"
    assert [call.method for call in api.calls if call.path.endswith("/secrets/s")].count("GET") == looks
