"""The rules behind Pulumi's own machinery: levels, messages, unknowns, remediations."""

from __future__ import annotations

from pathlib import Path

import yaml
from google.protobuf import json_format
from pulumi.runtime import rpc
from pulumi.runtime.proto import analyzer_pb2

import policies
from policies.pack import NAME, VERSION
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
        "Images are pinned: a version everywhere, in production a digest or a trusted registry\n"
        "  at:   spec.template.spec.containers[0].image\n"
        "  why:  it cannot be judged until up, which knows the value"
    )
    assert told[1].urn == URN


def test_an_unknown_value_of_one_resource_hides_no_other_resource_of_a_stack() -> None:
    first, *others = resources_of("pdb-and-spread-fail")
    blind = Sent(first.type, f"{first.urn}-blind", {"spec": {"replicas": rpc.UNKNOWN}})
    resources = [blind, *(Sent(one.type, one.urn, one.props) for one in (first, *others))]

    told = Analyzer([rule_of("pdb-and-spread")], "eks-prod").analyze_stack(resources)

    assert [one.urn for one in told] == [first.urn, first.urn, blind.urn]


def test_what_is_unknown_in_several_resources_of_a_stack_is_one_line_of_advice() -> None:
    first, *_ = resources_of("pdb-and-spread-fail")
    blind = [Sent(first.type, f"{URN}-{number}", {"spec": {"replicas": rpc.UNKNOWN}}) for number in (1, 2)]

    (told,) = Analyzer([rule_of("pdb-and-spread")], "eks-prod").analyze_stack(blind)

    assert (told.urn, told.enforcementLevel) == ("", analyzer_pb2.ADVISORY)
    where = ", ".join(f"spec.replicas of Deployment models/router-{number}" for number in (1, 2))
    assert f"  at:   {where}\n" in told.message


def test_what_a_preview_does_not_tell_of_a_whole_stack_is_judged_by_its_inputs() -> None:
    analyzer = Analyzer([rule_of("network-default-deny")], "eks-prod")
    named = {"metadata": {"name": "deny", "namespace": "models"}}
    inputs = {
        "kubernetes:core/v1:Namespace": {"metadata": {"name": "models"}},
        "kubernetes:core/v1:ResourceQuota": {**named, "spec": {"hard": {"pods": "100"}}},
        "kubernetes:networking.k8s.io/v1:NetworkPolicy": {
            **named,
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
        },
        "kubernetes:serving.kserve.io/v1beta1:InferenceService": named,
    }
    sent = [Sent(token, f"urn:pulumi:eks-prod::x::{token}::one", props) for token, props in inputs.items()]
    assert [told for one in sent for told in analyzer.analyze(one)] == []

    # On a cluster that is not there yet, as the engine sends it.
    assert analyzer.analyze_stack([Sent(one.type, one.urn, {}) for one in sent]) == []
    without_quota = [Sent(one.type, one.urn, {}) for one in sent if "ResourceQuota" not in one.type]
    (told,) = analyzer.analyze_stack(without_quota)
    assert "one model's mistake could take every machine and every GPU" in told.message


def test_levels_follow_from_the_stacks_name() -> None:
    assert _levels("isvc-min-replicas", "local") == {"isvc-min-replicas": analyzer_pb2.DISABLED}
    assert _levels("isvc-min-replicas", "eu-staging") == {"isvc-min-replicas": analyzer_pb2.ADVISORY}
    assert _levels("isvc-min-replicas", "eks-prod") == {"isvc-min-replicas": analyzer_pb2.MANDATORY}


def test_levels_follow_from_the_stacks_settings_where_its_name_says_nothing() -> None:
    rules = [rule_of("isvc-min-replicas")]
    kind = {"kserve-platform:cluster": '{"provider": "kind"}'}

    assert Analyzer(rules, "mine", kind).info().policies[0].enforcementLevel == analyzer_pb2.DISABLED
    assert Analyzer(rules, "mine").info().policies[0].enforcementLevel == analyzer_pb2.MANDATORY


def test_a_configuration_goes_over_the_environment_with_its_options() -> None:
    analyzer = Analyzer([rule_of("isvc-min-replicas")], "eks-prod")
    service = resources_of("isvc-min-replicas-fail")[0]

    def levels(level: analyzer_pb2.EnforcementLevel.ValueType, **options: list[str]) -> set[int]:
        configured = analyzer_pb2.PolicyConfig(enforcementLevel=level)
        configured.properties.update(options)
        request = analyzer_pb2.ConfigureAnalyzerRequest(policyConfig={"isvc-min-replicas": configured})
        analyzer.call("Configure", request)
        told = analyzer.analyze(Sent(service.type, service.urn, service.props))
        return {one.enforcementLevel for one in told}

    assert levels(analyzer_pb2.MANDATORY) == {analyzer_pb2.MANDATORY}
    assert levels(analyzer_pb2.ADVISORY) == {analyzer_pb2.ADVISORY}
    assert levels(analyzer_pb2.MANDATORY, allowScaleToZero=["prod"]) == set()
    assert levels(analyzer_pb2.DISABLED) == set()


def test_assets_of_other_resources_hinder_no_rule_and_come_back_as_they_were() -> None:
    analyzer = Analyzer([rule_of("no-plaintext-secret")], "local")
    asset = {rpc._special_sig_key: rpc._special_asset_sig, "text": "x"}

    (mended,) = analyzer.remediate(SECRET, URN, {"data": {"a": "eA=="}, "file": asset})

    assert analyzer.analyze(Sent(SECRET, URN, {"file": asset})) == []
    assert json_format.MessageToDict(mended.properties)["file"] == asset


def test_the_pack_is_of_the_version_that_its_file_says() -> None:
    written = yaml.safe_load((Path(policies.__file__).parent / "PulumiPolicy.yaml").read_text())

    assert (written["name"], written["version"]) == (NAME, VERSION)


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
