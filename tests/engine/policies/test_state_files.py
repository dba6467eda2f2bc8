"""`pulumi policy analyze --file` on every rule's state files: the engine refuses the bad one of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.registry import ALL_RULES
from policies.rule import Level, Rule
from tests.engine.policies.stacks import Stack
from tests.unit.policies.eks.asking import TODAY
from tests.unit.policies.state import FOLDER

pytestmark = pytest.mark.engine

every_rule = pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.id)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """An engine with the pack. It is told no stack, so the pack is as strict as in production."""
    return Stack(tmp_path_factory.mktemp("asked"), "asked")


def _analyze(asked: Stack, rule: Rule, fixture: str, folder: Path) -> tuple[int, list[str]]:
    """Exit status, and what the rule has to say."""
    dates = {"today": TODAY} if "today" in rule.options else {}
    config = folder / "config.json"
    config.write_text(json.dumps({rule.id: {"enforcementLevel": rule.levels.prod.value, **dates}}))
    state = json.loads((FOLDER / f"{rule.id}-{fixture}.json").read_text())
    for one in state["deployment"]["resources"]:
        # Rules over a stack are given outputs, which hold the inputs in every real state.
        one["outputs"] = {**one["inputs"], **one.get("outputs", {})}
    file = folder / "state.json"
    file.write_text(json.dumps(state))
    options = ["--file", str(file), "--policy-pack-config", str(config)]
    status, said = asked.run(["policy", "analyze", *options])
    return status, [line for line in said.splitlines() if f"]  {rule.id}  " in line]


@every_rule
def test_the_engine_refuses_the_bad_state_of_every_rule(asked: Stack, rule: Rule, tmp_path: Path) -> None:
    status, told = _analyze(asked, rule, "fail", tmp_path)

    level = "advisory" if rule.levels.prod is Level.ADVISORY else "mandatory"
    assert any(f"[{level}] [severity: {rule.severity.value}]" in line for line in told), told
    assert (status != 0) >= (level == "mandatory")


@every_rule
def test_the_engine_hears_nothing_against_the_good_state_of_every_rule(
    asked: Stack, rule: Rule, tmp_path: Path
) -> None:
    assert _analyze(asked, rule, "pass", tmp_path)[1] == []
