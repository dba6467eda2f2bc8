"""Levels 4 and 5: the whole program of both stacks in a first preview of the real engine, policy pack on.

AWS is the double of level 4, which a preview asks for its caller only; Kubernetes is our own plugin, which
knows no cluster yet. What it proves: program, engine, plugins and pack take each other's word for several
hundred resources, of which half hang on what AWS has not made yet. What it cannot: an `up`, which needs a
cluster that runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from command.engine.places import Places
from command.engine.policies import write_pack
from machine.cache import Cache
from tests.aws.server.process import AwsDouble
from tests.engine.eks.stack import ROOT, WHOLE_PROGRAM, Ran, make_stack
from tests.unit.policies.state import SERVING

pytestmark = pytest.mark.engine

STACKS = ("eks-dev", "eks-prod")
_REFUSED = re.compile(r"\[mandatory\] \[severity: \w+\]  (\S+)")


@dataclass(frozen=True)
class Previewed:
    """A first preview without the pack, and one with it."""

    plain: Ran
    judged: Ran


@pytest.fixture(scope="module")
def previewed(
    aws: AwsDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Previewed]:
    return {stack: _previewed(stack, aws, search_path, tmp_path_factory) for stack in STACKS}


def _previewed(
    name: str, aws: AwsDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Previewed:
    folder = tmp_path_factory.mktemp(f"whole-{name}")
    pack = write_pack(Places(Cache(folder / "cache"), name), ROOT / "policies")
    stack = make_stack(folder, name, aws, f"{pack.programs}:{search_path}", WHOLE_PROGRAM)
    text = (ROOT / "stacks" / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
    (stack.folder / f"Pulumi.{name}.yaml").write_text(text)
    plain = stack.pulumi("preview")
    stack.variables |= pack.variables
    return Previewed(plain, stack.pulumi("preview"))


@pytest.mark.parametrize("stack", STACKS)
def test_the_whole_program_previews(stack: str, previewed: dict[str, Previewed]) -> None:
    ran = previewed[stack].plain

    assert ran.status == 0, ran.output
    assert list(ran.counts()) == ["creat"]
    assert ran.counts()["creat"] > 300


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_of_the_whole_program_changes_nothing(stack: str, previewed: dict[str, Previewed]) -> None:
    ran = previewed[stack].plain

    assert {call["operation"] for call in ran.calls} == {"GetCallerIdentity"}


@pytest.mark.parametrize("stack", STACKS)
def test_the_pack_has_nothing_against_the_aws_side_of_the_whole_program(
    stack: str, previewed: dict[str, Previewed]
) -> None:
    ran = previewed[stack].judged

    assert "Policies:" in ran.output, ran.output
    # Of services some rules are still refused: tests/plans/test_policies.py names them.
    assert set(_REFUSED.findall(ran.output)) <= {rule.id for rule in SERVING}
