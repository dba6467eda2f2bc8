"""Every serving rule lets its good state pass and says exactly what is wrong with its bad one."""

from __future__ import annotations

import pytest

from components.facts.environments import Environment
from policies.pack import message
from policies.rule import Finding, Rule
from policies.unknown import UNKNOWN
from tests.unit.policies.state import FOLDER, SERVING, STACK, paths, resources_of, rule_of, unknown_at

every_rule = pytest.mark.parametrize("rule", SERVING, ids=lambda rule: rule.id)


def _findings(rule: Rule, fixture: str, environment: Environment = Environment.PROD) -> list[Finding]:
    return rule.findings(resources_of(f"{rule.id}-{fixture}"), rule.context(STACK, environment, {}))


@every_rule
def test_a_good_state_passes_in_production(rule: Rule) -> None:
    assert _findings(rule, "pass") == []


@every_rule
def test_a_bad_state_is_told_word_by_word(rule: Rule) -> None:
    told = "\n".join(f"{one.urn}\n{message(one)}" for one in _findings(rule, "fail"))

    assert f"{told}\n" == (FOLDER / f"{rule.id}-fail.txt").read_text(encoding="utf-8")


@every_rule
def test_nothing_passes_because_the_bad_value_is_not_known_yet(rule: Rule) -> None:
    bad = resources_of(f"{rule.id}-fail")
    silent = [
        (one.name, path)
        for one in bad
        for path in paths(one.props)
        if not rule.findings(
            [other if other is not one else _blinded(one, path) for other in bad],
            rule.context(STACK, Environment.PROD, {}),
        )
    ]

    assert silent == []


def _blinded(resource, path):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(resource, props=unknown_at(resource.props, path))


def test_an_unknown_image_hides_nothing_of_the_other_containers() -> None:
    rule = rule_of("image-pinned")
    (first, *_) = resources_of("image-pinned-fail")
    pod = {"containers": [{"image": UNKNOWN}, {"image": "a"}, UNKNOWN, {"image": "b:latest"}]}
    blinded = type(first)(first.type, first.name, first.urn, {"spec": {"template": {"spec": pod}}})

    found = rule.findings([blinded], rule.context("local", Environment.DEV, {}))

    base = "spec.template.spec.containers"
    assert [(one.where, one.undecided) for one in found] == [
        (f"{base}[0].image", True),
        (f"{base}[1].image", False),
        (f"{base}[2]", True),
        (f"{base}[3].image", False),
    ]


def test_a_model_may_scale_to_zero_outside_of_production() -> None:
    rule = rule_of("isvc-min-replicas")

    found = _findings(rule, "fail", Environment.STAGING)

    assert [one.seen for one in found] == ["1"]


def test_a_value_in_the_shape_of_a_key_is_never_shown() -> None:
    told = "\n".join(message(one) for one in _findings(rule_of("no-plaintext-secret"), "fail"))

    assert "letmein" not in told
    assert "AKIA" not in told
