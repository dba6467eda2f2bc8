"""A departure's end waits until others have tidied up, and says what is left when they have not."""

from __future__ import annotations

from typing import Any

import pytest

from components.errors import PlatformError
from providers.kubeclient.client import NoMatch
from providers.platform.gate.departure import Departure
from providers.platform.work import Cancelled
from tests.unit.platform_provider.doubles import ApiDouble, call

BALANCERS = {
    "check": "noneLeft",
    "apiVersion": "v1",
    "kind": "Service",
    "where": {"spec.type": "LoadBalancer"},
}


class EveryNamespace(ApiDouble):
    """A double that lists a kind's objects of all namespaces."""

    def list_objects(
        self, api_version: str, kind: str, namespace: str = "", **selectors: str
    ) -> list[dict[str, Any]]:
        self.on_look()
        return [live for (k, _, _), live in self.objects.items() if k == kind]


class WithoutKind(ApiDouble):
    """A double that serves no kind."""

    def list_objects(
        self, api_version: str, kind: str, namespace: str = "", **selectors: str
    ) -> list[dict[str, Any]]:
        raise NoMatch(api_version, kind)


def _service(name: str, kind: str = "LoadBalancer", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "istio-system", **metadata}, "spec": {"type": kind}}


def _deleted(name: str) -> dict[str, Any]:
    return _service(name, deletionTimestamp="2026-11-21T10:00:00Z", finalizers=["service.k8s.aws/resources"])


def _of(*services: dict[str, Any]) -> EveryNamespace:
    return EveryNamespace({("Service", "istio-system", s["metadata"]["name"]): s for s in services})


def _inputs(**more: Any) -> dict[str, Any]:
    return Departure().check({"checks": [BALANCERS], **more})


def test_it_is_there_at_once_whatever_is_on_the_cluster() -> None:
    identity, outputs = Departure().create(call(_of(_service("door"))), _inputs())

    assert len(identity) == 12
    assert outputs == {}


def test_its_end_waits_until_the_last_load_balancer_is_gone() -> None:
    api, notes = _of(_deleted("door"), _service("inner", "ClusterIP")), list[str]()
    looks = 0

    def tidy() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            del api.objects[("Service", "istio-system", "door")]

    api.on_look = tidy
    Departure().delete(call(api, notes=notes), "x", _inputs(), {})

    assert looks == 3
    assert notes[0] == (
        "waiting for no Service of spec.type LoadBalancer left: istio-system/door: "
        "deleted at 2026-11-21T10:00:00Z, held by service.k8s.aws/resources"
    )


def test_what_is_not_gone_in_time_is_named_with_what_holds_it() -> None:
    api = _of(_deleted("door"), _service("other"))

    with pytest.raises(PlatformError) as stuck:
        Departure().delete(call(api), "x", _inputs(timeoutSeconds=1), {})

    assert str(stuck.value) == (
        "What it waits for was not gone within 1 s\n"
        "  why:  no Service of spec.type LoadBalancer left: istio-system/door: "
        "deleted at 2026-11-21T10:00:00Z, held by service.k8s.aws/resources; "
        "istio-system/other: nobody deleted it\n"
        "  do:   delete what nobody deleted with kubectl; for the others ask their controller's log. "
        "Then run the command again: it goes on from here"
    )


def test_only_some_of_many_are_named() -> None:
    api = _of(*(_service(f"door-{number}") for number in range(7)))

    with pytest.raises(PlatformError, match=r"door-4: nobody deleted it; and 2 more"):
        Departure().delete(call(api), "x", _inputs(timeoutSeconds=1), {})


def test_a_kind_whose_crd_is_gone_has_no_objects() -> None:
    claims = {"check": "noneLeft", "apiVersion": "karpenter.sh/v1", "kind": "NodeClaim"}
    inputs = Departure().check({"checks": [claims]})

    assert Departure().delete(call(WithoutKind()), "x", inputs, {}) is None


def test_it_ends_when_the_user_asks_to_stop() -> None:
    api = _of(_deleted("door"))
    one = call(api)
    api.on_look = one.work.cancelled.set

    with pytest.raises(Cancelled) as stopped:
        Departure().delete(one, "x", _inputs(), {})

    assert str(stopped.value) == (
        "Stopped, as you asked\n  do:   Run the command again: it goes on from here."
    )
