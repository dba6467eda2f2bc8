"""Who may ask a gateway that the internet reaches, where several policies say it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from components.facts.environments import Environment
from policies import generate
from policies.rule import Finding, Resource
from policies.unknown import UNKNOWN
from tests.unit.policies.state import STACK, rule_of

KIND = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
STRICT = {"rules": [{"from": [{"source": {"requestPrincipals": ["*"]}}]}]}
OPEN: Mapping[str, Any] = {"rules": [{}]}
STRANGERS = {"source": {"notRequestPrincipals": ["*"]}}
OF_ADMINS = [{"operation": {"paths": ["/admin"]}}]
BUT_HEALTH = [{"operation": {"notPaths": ["/healthz"]}}]


def _denying(**more: Any) -> dict[str, Any]:
    return {"action": "DENY", "rules": [{"from": [STRANGERS], **more}]}


def _custom(**rule: Any) -> dict[str, Any]:
    return {"action": "CUSTOM", "provider": {"name": "oidc"}, "rules": [rule]}


def _asked(
    policies: Sequence[Mapping[str, Any]],
    elsewhere: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
) -> list[Finding]:
    named = metadata or {"name": "knative-gateway", "namespace": "istio-system"}
    gateway = {"metadata": {**named, "annotations": {SCHEME: "internet-facing"}}}
    resources = [Resource(KIND, "gateway", "urn", gateway)]
    for index, spec in enumerate(policies):
        props = {"metadata": {"name": f"p{index}", "namespace": "istio-system"}, "spec": spec}
        token = "kubernetes:security.istio.io/v1:AuthorizationPolicy"
        resources.append(Resource(token, f"p{index}", f"urn:{index}", props))
    rule = rule_of("gateway-auth")
    return rule.findings(resources, rule.context(STACK, Environment.PROD, {"elsewhere": [*elsewhere]}))


@pytest.mark.parametrize("policies", [(STRICT, OPEN), (OPEN, STRICT)], ids=["open-last", "open-first"])
def test_one_policy_that_allows_everybody_undoes_a_strict_one(policies: Sequence[Mapping[str, Any]]) -> None:
    (told,) = _asked(policies)

    opened = f"p{list(policies).index(OPEN)}"
    assert told.why == f"AuthorizationPolicy {opened} allows strangers, whatever others beside it ask for"


@pytest.mark.parametrize(
    "guard",
    [
        _denying(),
        _denying(to=BUT_HEALTH),
        _custom(),
        _custom(to=BUT_HEALTH),
        _custom(**{"from": [STRANGERS]}),
    ],
    ids=["denies", "denies-but-for-a-path", "asks", "asks-but-for-a-path", "asks-strangers"],
)
def test_what_is_refused_stays_refused_whatever_others_allow(guard: Mapping[str, Any]) -> None:
    assert [_asked(policies) for policies in permutations([STRICT, OPEN, guard])] == [[]] * 6


@pytest.mark.parametrize(
    "guard",
    [
        _denying(to=OF_ADMINS),
        _denying(when=[{"key": "request.headers[x-test]", "values": ["1"]}]),
        {"action": "DENY", "rules": [{"from": [{"source": {"ipBlocks": ["192.0.2.0/24"]}}]}]},
        _custom(to=OF_ADMINS),
        _custom(**{"from": [{"source": {"ipBlocks": ["192.0.2.0/24"]}}]}),
        {"action": "CUSTOM", "provider": {"name": "oidc"}},
        {"action": "AUDIT", "rules": [{}]},
    ],
    ids=["denies-a-path", "denies-a-header", "denies-some", "asks-a-path", "asks-some", "no-rule", "audit"],
)
def test_what_stops_some_requests_leaves_the_others_to_everybody(guard: Mapping[str, Any]) -> None:
    (told,) = _asked([guard])

    assert told.why == "no AuthorizationPolicy says who may ask: everybody on the internet may"


@pytest.mark.parametrize(
    "source",
    [{"ipBlocks": ["0.0.0.0/0"]}, {"remoteIpBlocks": ["::/0"]}, {"notIpBlocks": ["192.0.2.0/24"]}],
    ids=["every-address", "every-address-of-ipv6", "all-but-some"],
)
def test_a_source_that_everybody_is_names_nobody(source: Mapping[str, Any]) -> None:
    (told,) = _asked([{"rules": [{"from": [{"source": source}]}]}])

    assert told.why == "AuthorizationPolicy p0 allows strangers, whatever others beside it ask for"


@pytest.mark.parametrize(
    "allowing",
    [STRICT, {}, {"rules": [{"when": [{"key": "request.auth.claims[iss]", "values": ["https://a"]}]}]}],
    ids=["principals", "nobody", "claims"],
)
def test_policies_that_all_say_whom_they_allow_pass(allowing: Mapping[str, Any]) -> None:
    assert _asked([allowing, STRICT]) == []


def test_addresses_that_are_not_known_yet_do_not_pass() -> None:
    (told,) = _asked([{"rules": [{"from": [{"source": {"ipBlocks": [UNKNOWN]}}]}]}])

    assert told.undecided


def test_a_gateway_is_believed_to_be_asked_elsewhere_only_where_it_is_named() -> None:
    assert _asked([], ["istio-system/knative-gateway"]) == []
    assert len(_asked([], ["istio-system/another", "knative-gateway", "default/knative-gateway"])) == 1


def test_a_gateway_whose_name_is_not_known_yet_is_not_taken_for_a_named_one() -> None:
    metadata = {"name": UNKNOWN, "namespace": "istio-system"}

    (told,) = _asked([], ["istio-system/knative-gateway"], metadata)

    assert told.undecided


def test_the_refusal_says_how_to_say_that_others_ask() -> None:
    (told,) = _asked([])

    assert told.fix == (
        "add one for it that allows requestPrincipals, with a RequestAuthentication, or use internal; where "
        "others ask, put istio-system/knative-gateway into the rule's option elsewhere (policies/README.md)"
    )


def test_what_the_readme_says_for_public_models_is_a_configuration_that_lets_them_pass() -> None:
    text = (Path(generate.__file__).parent / "README.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    configured = json.loads(written)
    gateway = {
        "metadata": {
            "name": "knative-gateway",
            "namespace": "istio-system",
            "annotations": {SCHEME: "internet-facing"},
        },
        "spec": {"listeners": [{"name": "https", "port": 443, "protocol": "HTTPS"}]},
    }
    resources = [Resource(KIND, "gateway", "urn", gateway)]

    def findings(options: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
        rules = [rule_of(name) for name in configured]
        return {
            rule.id: len(
                rule.findings(resources, rule.context(STACK, Environment.PROD, options.get(rule.id, {})))
            )
            for rule in rules
        }

    assert findings({}) == {"gateway-tls-internal": 1, "gateway-auth": 1}
    assert findings(configured) == {"gateway-tls-internal": 0, "gateway-auth": 0}
