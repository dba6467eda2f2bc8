"""The rules behind Pulumi's own machinery: levels, messages, unknowns, remediations."""

from __future__ import annotations

from google.protobuf import json_format
from pulumi.runtime import rpc
from pulumi.runtime.proto import analyzer_pb2

from policies.registry import ALL_RULES
from tests.unit.policies.analyzer import Analyzer, Sent
from tests.unit.policies.state import SERVING, resources_of, rule_of

DEPLOYMENT, SECRET = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Secret"
URN = f"urn:pulumi:eks-prod::kserve-platform::{DEPLOYMENT}::models/router"
_IS_SECRET = {rpc._special_sig_key: rpc._special_secret_sig}


def _pod(*images: str) -> dict[str, object]:
    return {"spec": {"template": {"spec": {"containers": [{"image": image} for image in images]}}}}


def _levels(rule: str, stack: str) -> dict[str, int]:
    return {one.name: one.enforcementLevel for one in Analyzer([rule_of(rule)], stack).info().policies}


def test_a_violation_is_told_in_the_houses_form() -> None:
    (told,) = Analyzer([rule_of("image-pinned")], "eks-prod").analyze(Sent(DEPLOYMENT, URN, _pod("a:latest")))

    assert told.message == (
        "Images are pinned: a version everywhere, in production a digest or a trusted registry\n"
        "  at:   spec.template.spec.containers[0].image\n"
        "  seen: a:latest\n"
        "  why:  tomorrow another image can have this name, and pods of one service would differ\n"
        "  do:   name a version, or a digest (@sha256:...)"
    )
    assert told.enforcementLevel == analyzer_pb2.MANDATORY
    assert told.severity == analyzer_pb2.POLICY_SEVERITY_HIGH


def test_an_unknown_value_is_advice_after_everything_else_that_was_found() -> None:
    analyzer = Analyzer([rule_of("image-pinned")], "eks-prod")

    told = analyzer.analyze(Sent(DEPLOYMENT, URN, _pod(rpc.UNKNOWN, "a:latest")))

    assert [one.enforcementLevel for one in told] == [analyzer_pb2.MANDATORY, analyzer_pb2.ADVISORY]
    assert told[1].message == (
        "can't run policy 'image-pinned' from policy pack 'kserve-platform@v0.1.0' during preview: "
        f"spec.template.spec.containers[0].image of {URN} cannot be judged until up"
    )


def test_an_unknown_value_of_one_resource_hides_no_other_resource_of_a_stack() -> None:
    first, *others = resources_of("pdb-and-spread-fail")
    blind = Sent(first.type, f"{first.urn}-blind", {"spec": {"replicas": rpc.UNKNOWN}})
    resources = [blind, *(Sent(one.type, one.urn, one.props) for one in (first, *others))]

    told = Analyzer([rule_of("pdb-and-spread")], "eks-prod").analyze_stack(resources)

    assert [one.urn for one in told] == [first.urn, first.urn, ""]


def test_levels_follow_from_the_stacks_name() -> None:
    assert _levels("isvc-min-replicas", "local") == {"isvc-min-replicas": analyzer_pb2.DISABLED}
    assert _levels("isvc-min-replicas", "eu-staging") == {"isvc-min-replicas": analyzer_pb2.ADVISORY}
    assert _levels("isvc-min-replicas", "eks-prod") == {"isvc-min-replicas": analyzer_pb2.MANDATORY}


def test_what_a_secret_holds_is_encrypted_and_what_is_encrypted_stays() -> None:
    analyzer = Analyzer([rule_of("no-plaintext-secret")], "local")
    secret = {"value": "eA==", **_IS_SECRET}

    (mended,) = analyzer.remediate(SECRET, URN, {"data": {"a": "eA==", "b": rpc.UNKNOWN, "c": secret}})

    assert json_format.MessageToDict(mended.properties) == {
        "data": {"value": {"a": "eA==", "b": rpc.UNKNOWN, "c": secret}, **_IS_SECRET}
    }
    assert analyzer.remediate(SECRET, URN, {"data": {"a": secret}, "type": "Opaque"}) == []
    assert analyzer.remediate(SECRET, URN, {"type": "Opaque"}) == []


def test_the_bad_states_are_refused_and_the_good_ones_pass_through_the_machinery() -> None:
    for rule in SERVING:
        analyzer = Analyzer([rule], "eks-prod")
        for fixture, refused in (("pass", False), ("fail", True)):
            states = [Sent(one.type, one.urn, one.props) for one in resources_of(f"{rule.id}-{fixture}")]
            told = [*analyzer.analyze_stack(states)]
            for state in states:
                told += analyzer.analyze(state)
            assert any(one.enforcementLevel == analyzer_pb2.MANDATORY for one in told) is refused, rule.id


def test_every_rule_tells_the_engine_its_severity_its_options_and_what_to_do() -> None:
    info = Analyzer(ALL_RULES, "eks-prod").info()

    assert [one.name for one in info.policies] == [rule.id for rule in ALL_RULES]
    assert all(one.severity and one.remediation_steps for one in info.policies)
    assert {one.name: set(one.configSchema.properties) for one in info.policies} == {
        rule.id: set(rule.options) for rule in ALL_RULES
    }
