"""Every rule over AWS lets its good state pass and says exactly what is wrong with its bad one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.pack import message
from policies.registry import ALL_RULES
from policies.rule import Rule
from tests.unit.policies.eks.asking import ask
from tests.unit.policies.eks.before_up import preview
from tests.unit.policies.eks.good_stack import good_stack
from tests.unit.policies.state import FOLDER, paths, resources_of, unknown_at

EKS = tuple(rule for rule in ALL_RULES if any(token.startswith("aws:") for token in rule.types))

every_rule = pytest.mark.parametrize("rule", EKS, ids=lambda rule: rule.id)


@every_rule
def test_a_good_state_passes_in_production(rule: Rule) -> None:
    assert ask(rule.id, resources_of(f"{rule.id}-pass")) == []


@every_rule
def test_a_bad_state_is_told_word_by_word(rule: Rule) -> None:
    found = ask(rule.id, resources_of(f"{rule.id}-fail"))
    told = "\n".join(f"{one.urn}\n{message(one)}" for one in found)

    assert f"{told}\n" == (FOLDER / f"{rule.id}-fail.txt").read_text(encoding="utf-8")


@every_rule
def test_nothing_passes_because_a_bad_value_is_not_known_yet(rule: Rule) -> None:
    bad = resources_of(f"{rule.id}-fail")
    silent = [
        (one.name, path)
        for index, one in enumerate(bad)
        for path in paths(one.props)
        if not ask(
            rule.id, [*bad[:index], replace(one, props=unknown_at(one.props, path)), *bad[index + 1 :]]
        )
    ]

    assert silent == []


@every_rule
def test_an_unknown_value_hides_nothing_that_it_does_not_decide(rule: Rule) -> None:
    bad = resources_of(f"{rule.id}-fail")
    told = {(one.urn, one.where) for one in ask(rule.id, bad)}
    hidden = []
    for index, one in enumerate(bad):
        for path in paths(one.props):
            blinded = replace(one, props=unknown_at(one.props, path))
            found = ask(rule.id, [*bad[:index], blinded, *bad[index + 1 :]])
            missed = {place for place in told if place[0] != one.urn} - {
                (one.urn, one.where) for one in found
            }
            if missed and not any(one.undecided for one in found):
                hidden.append((one.name, path, missed))

    assert hidden == []


@every_rule
def test_the_whole_good_stack_passes(rule: Rule) -> None:
    assert ask(rule.id, good_stack()) == []


@every_rule
def test_the_good_stack_passes_before_anything_of_it_is_there(rule: Rule) -> None:
    assert ask(rule.id, preview(good_stack())) == []


def test_the_rules_over_aws_are_those_of_the_issue_and_the_warning_before_an_end() -> None:
    assert {rule.id for rule in EKS} == {
        "capacity-block-single-az",
        "eks-auth-api-only",
        "eks-control-plane-logs",
        "eks-deletion-protected",
        "eks-endpoint-restricted",
        "eks-secrets-cmk",
        "eks-version-lasts",
        "eks-version-supported",
        "gpu-ami-matches-type",
        "gpu-budget",
        "gpu-nodes-scale-from-zero",
        "gpu-nodes-tainted",
        "isvc-gpu-pool",
        "kms-rotation",
        "model-bucket-private",
        "node-disk-encrypted",
        "node-imdsv2",
        "nodes-private",
        "pod-identity-least",
        "spot-not-only-pool",
        "tags-required",
    }
