"""The provider's settings: what is kept to, what is refused by name, what has no effect and is told."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from providers.kubeclient.pace import UNLIMITED, Limits, Pace
from providers.kubernetes.client_settings import limits_of
from providers.kubernetes.provider import KubernetesProvider
from providers.kubernetes.settings import Settings
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply
from tests.unit.kubernetes_provider.conftest import Configure, LogDouble
from tests.unit.kubernetes_provider.recorded import ask
from tests.unit.kubernetes_provider.test_faults import URN, create_map

_NO_BURST = "which is not a whole number of requests that may be sent at once"
_REFUSED = "alone, which this stand-in for the official Kubernetes plugin refuses"
_HOOK = (
    "this object is a hook of a Helm chart: it is created with the others and not at the hook's moment, nor "
    "deleted after it; to say so no more, set suppressHelmHookWarnings on the provider"
)
_SOCKS = (
    "the kubeconfig's proxy-url is of the kind socks5://, only http:// and https:// proxies are supported"
)
_URN = "urn:pulumi:s::p::pulumi:providers:kubernetes::p"


@pytest.mark.parametrize(
    ("setting", "environment", "limits"),
    [
        (None, {}, UNLIMITED),
        ("", {}, UNLIMITED),
        ("{}", {}, UNLIMITED),
        ('{"qps": 2.5, "burst": 7, "timeout": 9}', {}, Limits(2.5, 7, 9.0)),
        ({"qps": 2.5}, {}, Limits(2.5, 120)),
        ({"burst": 3}, {}, Limits(50.0, 3)),
        ({"timeout": 9}, {}, Limits(seconds=9.0)),
        ({"qps": -1}, {}, Limits(None, 120)),
        (None, {"PULUMI_K8S_CLIENT_QPS": "5"}, Limits(5.0, 120)),
        ({"qps": 2}, {"PULUMI_K8S_CLIENT_QPS": "5", "PULUMI_K8S_CLIENT_TIMEOUT": "4"}, Limits(2.0, 120, 4.0)),
        (None, {"PULUMI_K8S_CLIENT_BURST": ""}, UNLIMITED),
    ],
)
def test_a_limit_holds_where_one_is_asked_for(
    setting: Any, environment: dict[str, str], limits: Limits
) -> None:
    assert limits_of(setting, environment) == (limits, [])


@pytest.mark.parametrize(
    ("setting", "environment", "problem"),
    [
        ("{", {}, "kubeClientSettings is not JSON"),
        ("[1]", {}, "kubeClientSettings is not an object of qps, burst, timeout"),
        (
            {"qsp": 5},
            {},
            "kubeClientSettings.qsp: there is no such setting, only qps, burst, timeout",
        ),
        (
            {"qps": "fast"},
            {},
            "kubeClientSettings.qps is 'fast', which is not a number of requests a second",
        ),
        ({"burst": 1.5}, {}, f"kubeClientSettings.burst is 1.5, {_NO_BURST}"),
        (
            {"timeout": 0},
            {},
            "kubeClientSettings.timeout is 0, which is not a whole number of seconds, at least 1",
        ),
        (
            {"timeout": True},
            {},
            "kubeClientSettings.timeout is True, which is not a whole number of seconds, at least 1",
        ),
        (None, {"PULUMI_K8S_CLIENT_BURST": "many"}, f"PULUMI_K8S_CLIENT_BURST is 'many', {_NO_BURST}"),
    ],
)
def test_a_limit_that_is_none_is_refused_by_name(
    setting: Any, environment: dict[str, str], problem: str
) -> None:
    assert limits_of(setting, environment) == (UNLIMITED, [problem])


def _check(news: dict[str, Any]) -> tuple[list[dict[str, str]], list[str]]:
    provider = KubernetesProvider("4.34.2")
    log: Any = LogDouble()
    provider.engine = log
    answer = ask(provider, "CheckConfig", {"urn": _URN, "news": news})
    return answer["failures"], log.texts("warning")


def test_a_client_setting_that_cannot_be_is_refused_in_preview() -> None:
    failures, _ = _check({"kubeClientSettings": '{"qps": "fast"}'})

    assert failures == [
        {
            "property": "kubeClientSettings",
            "reason": "kubeClientSettings.qps is 'fast', which is not a number of requests a second",
        }
    ]


def test_a_client_setting_that_is_not_known_yet_is_let_pass() -> None:
    assert _check({"kubeClientSettings": {"$unknown": True}}) == ([], [])


@pytest.mark.parametrize(
    ("cluster", "user", "reason"),
    [
        ({"proxy-url": "socks5://u:hunter2@p.example:1"}, {}, _SOCKS),
        ({}, {"auth-provider": {"name": "gcp"}}, "the kubeconfig's user logs in by an auth-provider"),
        ({}, {"exec": {"command": "c", "interactiveMode": "Always"}}, "the kubeconfig's login program c has"),
    ],
)
def test_a_way_to_the_cluster_that_is_not_supported_is_refused_in_preview(
    cluster: dict[str, Any], user: dict[str, Any], reason: str
) -> None:
    config = json.loads(ApiDouble.kubeconfig_of("https://api.example", **user))
    config["clusters"][0]["cluster"].update(cluster)

    failures, _ = _check({"kubeconfig": json.dumps(config)})

    assert [one["property"] for one in failures] == ["kubeconfig"]
    assert failures[0]["reason"].startswith(reason)
    assert "hunter2" not in failures[0]["reason"]


def test_settings_without_effect_are_told() -> None:
    failures, warnings = _check(
        {
            "helmReleaseSettings": '{"driver": "secret"}',
            "alwaysRender": "true",
            "kubeconfg": "x",
            "namespace": "n",
            "version": "4.34.2",
            "__internal": {},
        }
    )

    assert failures == []
    assert warnings == [
        f"helmReleaseSettings has no effect: it is of helm.v3.Release {_REFUSED}",
        f"alwaysRender has no effect: it is of renderYamlToDirectory {_REFUSED}",
        'the Kubernetes provider has no setting "kubeconfg": it has no effect; look for a typing error',
    ]


def test_the_settings_of_a_provider_reach_its_client() -> None:
    given = {"kubernetes:config:kubeClientSettings": '{"qps": 5, "burst": 2, "timeout": 3}'}

    assert Settings.load(given, {}).limits == Limits(5.0, 2, 3.0)


def test_a_pace_lets_a_burst_pass_and_then_so_many_a_second() -> None:
    pace = Pace(Limits(qps=10.0, burst=3))

    at_once = [pace.reserve(100.0) for _ in range(5)]
    after_a_rest = [pace.reserve(200.0) for _ in range(4)]

    assert at_once == pytest.approx([0.0, 0.0, 0.0, 0.1, 0.2])
    assert after_a_rest == pytest.approx([0.0, 0.0, 0.0, 0.1])


def test_a_pace_without_limit_lets_all_pass() -> None:
    pace = Pace(UNLIMITED)

    assert [pace.reserve(100.0) for _ in range(1000)] == [0.0] * 1000


def test_the_provider_keeps_to_the_pace(configured: Configure, api: ApiDouble) -> None:
    provider = configured({"kubeClientSettings": '{"qps": 10, "burst": 1}'})
    create_map(provider)
    begin = time.monotonic()

    for _ in range(5):
        ask(provider, "Read", {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m"})

    assert time.monotonic() - begin >= 0.4


def test_one_who_wants_to_stop_does_not_wait_for_the_pace(configured: Configure, api: ApiDouble) -> None:
    provider = configured({"kubeClientSettings": '{"qps": 0.01, "burst": 1}'})
    threading.Timer(0.2, provider.cancelled.set).start()
    begin = time.monotonic()

    assert create_map(provider)["id"] == "n/m"
    assert time.monotonic() - begin < 5


def test_an_answer_that_takes_longer_than_the_timeout_is_none(configured: Configure, api: ApiDouble) -> None:
    provider = configured({"kubeClientSettings": '{"timeout": 1}'})
    released = threading.Event()

    def hold(call: Call) -> Reply | None:
        if call.method == "POST":
            released.wait(10)
        return None

    api.script = hold
    begin = time.monotonic()
    error = create_map(provider)["error"]
    released.set()

    assert time.monotonic() - begin < 5
    assert f"was lost ({api.url}: timed out)" in error["message"]


def test_a_helm_hook_is_told_unless_that_is_not_wanted(configured: Configure) -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "m", "annotations": {"helm.sh/hook": "pre-install"}},
    }
    told = []
    for settings in ({}, {"suppressHelmHookWarnings": "true"}):
        provider = configured(settings)
        ask(provider, "Check", {"urn": URN.format("core/v1:ConfigMap"), "news": obj})
        log: Any = provider.engine
        told.append(log.texts("warning"))

    assert told == [[_HOOK], []]


@pytest.mark.parametrize(
    ("name", "variable", "attribute"),
    [
        ("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE", "delete_unreachable"),
        ("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", "skip_update_unreachable"),
        ("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "config_maps_mutable"),
        ("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE", "secrets_mutable"),
        ("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE", "patch_force"),
        ("suppressDeprecationWarnings", "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS", "quiet_deprecations"),
        ("suppressHelmHookWarnings", "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS", "quiet_hooks"),
        ("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS", "upsert"),
    ],
)
def test_a_setting_of_the_program_wins_over_the_environment(name: str, variable: str, attribute: str) -> None:
    given = [{}, {f"kubernetes:config:{name}": "true"}, {f"kubernetes:config:{name}": "false"}]

    alone = [getattr(Settings.load(one, {}), attribute) for one in given]
    asked = [getattr(Settings.load(one, {variable: "true"}), attribute) for one in given]

    assert (alone, asked) == ([False, True, False], [True, True, False])


@pytest.mark.parametrize(("quiet", "told"), [("false", 1), ("true", 0)])
def test_warnings_of_deprecation_can_be_silenced(
    quiet: str, told: int, configured: Configure, api: ApiDouble
) -> None:
    provider = configured({"suppressDeprecationWarnings": quiet})
    warning = '299 - "v1 ConfigMap is deprecated"'
    api.script = lambda call: Reply(201, call.body, {"Warning": warning}) if call.method == "POST" else None

    create_map(provider)

    log: Any = provider.engine
    assert log.texts("warning") == ["v1 ConfigMap is deprecated"] * told
