"""Gates open when everything holds at once, and say why when they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.errors import PlatformError
from providers.kubeclient.client import ApiError, Unreachable
from providers.platform.fields import InputsRefused
from providers.platform.gate.resource import Gate
from providers.platform.work import Cancelled
from tests.unit.platform_provider.doubles import ApiDouble, call, refusal

CHECKS = (
    "deploymentAvailable or conditionTrue or caBundleFilled or endpointsReady or "
    "dryRunAccepted or objectExists or noneLeft or nodesReady"
)
WEBHOOK = {"check": "deploymentAvailable", "namespace": "cert-manager", "name": "webhook"}
SECRET = {
    "check": "dryRunAccepted",
    "manifest": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "probe", "namespace": "a"}},
}
READY = {
    "metadata": {"name": "webhook", "generation": 1},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "webhook"}}},
    "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
}
STARTING = {**READY, "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}}
CRASHED = {
    "metadata": {"name": "webhook-1", "namespace": "cert-manager"},
    "status": {
        "containerStatuses": [
            {
                "name": "main",
                "ready": False,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                "lastState": {
                    "terminated": {"exitCode": 2, "reason": "Error", "message": "no such flag -x\n"}
                },
            }
        ]
    },
}


def _inputs(*checks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return Gate().check({"checks": list(checks), **more})


def test_a_gate_opens_when_all_checks_hold() -> None:
    api = ApiDouble({("Deployment", "cert-manager", "webhook"): READY})
    identity, outputs = Gate().create(call(api), _inputs(WEBHOOK, SECRET))
    assert len(outputs["passed"]) == 64
    assert identity == outputs["passed"][:12]


def test_it_waits_and_says_for_what() -> None:
    api, notes = ApiDouble({("Deployment", "cert-manager", "webhook"): STARTING}), list[str]()
    looks = 0

    def become_ready() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            api.objects[("Deployment", "cert-manager", "webhook")] = READY

    api.on_look = become_ready
    Gate().create(call(api, notes=notes), _inputs(WEBHOOK))
    assert notes[0] == (
        "waiting for Deployment cert-manager/webhook available: 0 of 1 replicas are available, 1 are updated"
    )


def test_what_does_not_hold_in_time_is_told_with_the_pods_own_reasons() -> None:
    objects = {
        ("Deployment", "cert-manager", "webhook"): STARTING,
        ("Pod", "cert-manager", "webhook-1"): CRASHED,
    }
    api = ApiDouble(objects)
    api.dry_run = lambda manifest: (_ for _ in ()).throw(refusal("failed calling webhook: no endpoints"))
    with pytest.raises(PlatformError) as closed:
        Gate().create(call(api), _inputs(WEBHOOK, SECRET, timeoutSeconds=1))
    assert str(closed.value) == (
        "It did not open within 1 s\n"
        "  why:  Deployment cert-manager/webhook available: 0 of 1 replicas are available, 1 are updated\n"
        "  pod webhook-1, container main: CrashLoopBackOff: back-off 10s; it ended before with exit code 2 "
        "(Error): no such flag -x\n"
        "dry-run creation of Secret a/probe: failed calling webhook: no endpoints"
    )


def test_an_object_that_is_there_already_passed_admission() -> None:
    api = ApiDouble()
    api.dry_run = lambda manifest: (_ for _ in ()).throw(refusal("exists", "AlreadyExists"))
    assert Gate().create(call(api), _inputs(SECRET))[1]["passed"]


def test_while_one_check_fails_the_others_are_left_alone() -> None:
    api, looks = ApiDouble({("Deployment", "cert-manager", "webhook"): STARTING}), 0

    def become_ready() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            api.objects["Deployment", "cert-manager", "webhook"] = READY

    api.on_look = become_ready
    Gate().create(call(api), _inputs(WEBHOOK, SECRET))
    assert len(api.patience) == 1  # the dry run


def test_what_held_once_must_hold_again_when_the_rest_does() -> None:
    api, notes = ApiDouble({("Deployment", "cert-manager", "webhook"): READY}), list[str]()

    def refused_then_taken_while_the_deployment_goes(_: Any) -> None:
        if len(api.patience) == 1:
            raise refusal("no endpoints")
        if len(api.patience) == 2:
            api.objects["Deployment", "cert-manager", "webhook"] = STARTING
            api.on_look = come_back

    def come_back() -> None:
        if len(notes) == 2:
            api.objects["Deployment", "cert-manager", "webhook"] = READY

    api.dry_run = refused_then_taken_while_the_deployment_goes
    assert Gate().create(call(api, notes=notes), _inputs(WEBHOOK, SECRET))[1]["passed"]
    assert notes == [
        "waiting for dry-run creation of Secret a/probe: no endpoints",
        "waiting for Deployment cert-manager/webhook available: 0 of 1 replicas are available, 1 are updated",
    ]


def test_a_webhook_that_does_not_answer_is_asked_again_before_its_own_time_is_over() -> None:
    api = ApiDouble()
    late = "failed calling webhook: context deadline exceeded"

    def lost_once(_: Any) -> None:
        if len(api.patience) == 1:
            raise refusal(late)

    api.dry_run = lost_once
    assert Gate().create(call(api), _inputs(SECRET))[1]["passed"]
    assert api.patience == [1, 3]


def test_a_webhook_that_refuses_is_asked_once_a_look() -> None:
    api = ApiDouble()
    api.dry_run = lambda _: (_ for _ in ()).throw(refusal("admission webhook denied the request"))
    with pytest.raises(PlatformError, match="denied the request"):
        Gate().create(replace(call(api), seconds=0.01), _inputs(SECRET))
    assert set(api.patience) == {1}


def test_a_failure_to_explain_does_not_hide_what_failed() -> None:
    api = ApiDouble({("Deployment", "cert-manager", "webhook"): STARTING})

    def away(*_: Any, **__: Any) -> Any:
        raise Unreachable("connection refused")

    api.list_objects = away  # type: ignore[method-assign]
    with pytest.raises(PlatformError) as closed:
        Gate().create(replace(call(api), seconds=0.01), _inputs(WEBHOOK))
    assert str(closed.value) == (
        "It did not open within 0 s\n"
        "  why:  Deployment cert-manager/webhook available: 0 of 1 replicas are available, 1 are updated"
    )


DISTRUSTED = (
    'Internal error occurred: failed calling webhook "validation.serving": failed to call webhook: Post '
    '"https://webhook.serving.svc:443/?timeout=1s": tls: failed to verify certificate: x509: certificate '
    "signed by unknown authority"
)


def _configuration(name: str, webhook: str, bundle: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    kind = "ValidatingWebhookConfiguration"
    webhooks = [{"name": webhook, "clientConfig": {"caBundle": bundle}}]
    return {(kind, "", name): {"kind": kind, "metadata": {"name": name}, "webhooks": webhooks}}


def test_an_api_server_that_goes_by_an_old_webhook_configuration_is_made_to_read_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("providers.platform.gate.wait._FAILURE_EVERY_SECONDS", 0.0)
    api, warnings = ApiDouble(_configuration("serving", "validation.serving", "Q0E=")), list[str]()
    api.objects |= _configuration("another", "validation.another", "Q0E=")
    # One that says by URL what it calls may well have no bundle.
    api.objects["ValidatingWebhookConfiguration", "", "serving"]["webhooks"].append({"name": "by-url"})

    def trust_once_read_again(_: Any) -> None:
        if not api.touched:
            raise refusal(DISTRUSTED)

    api.dry_run = trust_once_read_again
    assert Gate().create(call(api, warnings=warnings), _inputs(SECRET))[1]["passed"]
    assert api.touched == ["serving"]
    assert warnings == [
        "changed ValidatingWebhookConfiguration serving and back: the API server goes by an older one"
    ]


def test_a_configuration_that_reading_again_does_not_help_is_soon_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("providers.platform.gate.wait._FAILURE_EVERY_SECONDS", 0.0)
    api = ApiDouble(_configuration("serving", "validation.serving", "Q0E="))
    api.dry_run = lambda _: (_ for _ in ()).throw(refusal(DISTRUSTED))
    with pytest.raises(PlatformError, match="unknown authority"):
        Gate().create(replace(call(api), seconds=1.5), _inputs(SECRET))
    assert api.touched == ["serving"] * 3


@pytest.mark.parametrize(
    ("bundle", "told"), [("", DISTRUSTED), ("Q0E=", "failed calling webhook: no endpoints")]
)
def test_a_webhook_configuration_is_left_alone_that_is_not_known_to_be_read_wrongly(
    monkeypatch: pytest.MonkeyPatch, bundle: str, told: str
) -> None:
    monkeypatch.setattr("providers.platform.gate.wait._FAILURE_EVERY_SECONDS", 0.0)
    api = ApiDouble(_configuration("serving", "validation.serving", bundle))
    api.dry_run = lambda _: (_ for _ in ()).throw(refusal(told))
    with pytest.raises(PlatformError, match="It did not open"):
        Gate().create(replace(call(api), seconds=0.5), _inputs(SECRET))
    assert api.touched == []


def test_a_gate_that_may_not_touch_a_configuration_goes_on_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.platform.gate.wait._FAILURE_EVERY_SECONDS", 0.0)
    api, asked = ApiDouble(_configuration("serving", "validation.serving", "Q0E=")), list[str]()

    def forbidden(*names: str) -> None:
        asked.append(names[-1])
        raise refusal("may not patch", "Forbidden")

    def trust_in_the_end(_: Any) -> None:
        if len(asked) < 2:
            raise refusal(DISTRUSTED)

    api.touch = forbidden  # type: ignore[method-assign]
    api.dry_run = trust_in_the_end
    assert Gate().create(call(api), _inputs(SECRET))[1]["passed"]


def test_a_slow_webhook_gets_all_the_time_that_it_may_take() -> None:
    api = ApiDouble()

    def slow(_: Any) -> None:
        if api.patience[-1] is not None:
            raise ApiError(504, "Timeout", "Timeout: request did not complete within requested timeout 1s")

    api.dry_run = slow
    assert Gate().create(call(api), _inputs(SECRET))[1]["passed"]
    assert api.patience == [1, 3, None]


def test_it_ends_when_the_user_asks_to_stop() -> None:
    api = ApiDouble()
    one = call(api)
    api.on_look = one.work.cancelled.set
    with pytest.raises(Cancelled) as stopped:
        Gate().create(one, _inputs(WEBHOOK))
    assert str(stopped.value) == (
        "Stopped, as you asked\n  do:   Run the command again: it goes on from here."
    )


def test_an_image_that_can_never_come_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = {
        "name": "main",
        "state": {"waiting": {"reason": "ErrImageNeverPull", "message": "not present"}},
    }
    pod = {"metadata": {"name": "p"}, "status": {"containerStatuses": [waiting]}}
    api = ApiDouble({("Deployment", "cert-manager", "webhook"): STARTING, ("Pod", "cert-manager", "p"): pod})
    monkeypatch.setattr("providers.platform.gate.wait._FAILURE_EVERY_SECONDS", 0.0)
    with pytest.raises(PlatformError) as closed:
        Gate().create(call(api), _inputs(WEBHOOK))
    assert closed.value.problems[0].what == (
        "It will not open: Deployment cert-manager/webhook available cannot come true by waiting"
    )


def test_other_triggers_are_another_passage() -> None:
    api = ApiDouble({("Deployment", "cert-manager", "webhook"): READY})
    first = Gate().create(call(api), _inputs(WEBHOOK, triggers=["uid-1"]))[1]["passed"]
    second = Gate().update(call(api), "x", {}, _inputs(WEBHOOK, triggers=["uid-2"]), {})["passed"]
    assert first != second


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"checks": []}, ("checks", "must hold at least one check")),
        (
            {"checks": [{"check": "podsReady"}]},
            (
                "checks[0].check",
                f'must be {CHECKS}, is "podsReady"',
            ),
        ),
        (
            {"checks": [WEBHOOK], "timeoutSeconds": 0},
            ("timeoutSeconds", "must be a whole number from 1 to 3600, is 0"),
        ),
        (
            {"checks": [WEBHOOK], "trigger": []},
            ("trigger", "is not known here; known are checks, triggers, timeoutSeconds"),
        ),
    ],
)
def test_each_mistake_is_told_exactly(inputs: dict[str, Any], told: tuple[str, str]) -> None:
    with pytest.raises(InputsRefused) as refused:
        Gate().check(inputs)
    assert told in [(each.property, each.reason) for each in refused.value.refusals]
