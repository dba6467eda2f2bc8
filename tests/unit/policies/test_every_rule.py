"""What holds of every rule, those of EKS and those of serving."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from components.facts.environments import Environment
from policies.generate import files, table
from policies.registry import ALL_RULES
from policies.rule import Level, Rule

HERE = Path(__file__).parent
every_rule = pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.id)
_ORDER = [Level.OFF, Level.ADVISORY, Level.MANDATORY, Level.REMEDIATE]


def test_ids_are_unique_and_in_kebab_case() -> None:
    ids = [rule.id for rule in ALL_RULES]

    assert len(set(ids)) == len(ids) > 30
    assert [one for one in ids if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", one)] == []


@every_rule
def test_a_rule_has_a_good_and_a_bad_state(rule: Rule) -> None:
    names = {file.name for file in HERE.rglob(f"{rule.id}-*.json")}

    assert {f"{rule.id}-pass.json", f"{rule.id}-fail.json"} <= names


@every_rule
def test_a_rule_has_a_row_in_the_table_of_rules(rule: Rule) -> None:
    assert f"| `{rule.id}` | {rule.title} | {rule.severity.value} |" in table()


@every_rule
def test_a_rule_never_grows_milder_towards_production(rule: Rule) -> None:
    grown = [_ORDER.index(rule.levels.at(environment)) for environment in Environment]

    assert grown == sorted(grown)


@every_rule
def test_a_rule_that_mends_can(rule: Rule) -> None:
    mends = Level.REMEDIATE in {rule.levels.at(environment) for environment in Environment}

    assert (rule.remediate is not None) >= mends


@pytest.mark.parametrize("file", sorted(files()), ids=lambda file: file.name)
def test_a_generated_file_is_what_the_rules_say(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == files()[file], "run: python -m policies.generate"


@pytest.mark.parametrize("environment", Environment)
def test_a_configuration_has_every_rule_once(environment: Environment) -> None:
    file = next(file for file in files() if file.name == f"{environment.value}.json")

    assert list(json.loads(file.read_text(encoding="utf-8"))) == [rule.id for rule in ALL_RULES]
