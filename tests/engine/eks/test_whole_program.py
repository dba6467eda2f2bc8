"""Levels 4 and 5: the whole program of both stacks in a first preview of the real engine, policy pack on.

AWS is the double of level 4, which a preview asks for its caller only; Kubernetes is our own plugin, which
knows no cluster yet. What it proves: program, engine, plugins and pack take each other's word for several
hundred resources, of which half hang on what AWS has not made yet. What it cannot: an `up`, which needs a
cluster that runs.
"""

from __future__ import annotations

import re

import pytest

from command.engine.places import Places
from command.engine.policies import write_pack
from machine.cache import Cache
from tests.aws.server.process import AwsDouble
from tests.engine.eks.stack import ROOT, Ran, make_whole_stack

pytestmark = pytest.mark.engine

STACKS = ("eks-dev", "eks-prod")
_REFUSED = re.compile(r"\[mandatory\] \[severity: \w+\]  (\S+)")


@pytest.fixture(scope="module")
def previewed(aws: AwsDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return {name: _previewed(name, aws, search_path, tmp_path_factory) for name in STACKS}


def _previewed(name: str, aws: AwsDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp(f"whole-{name}")
    pack = write_pack(Places(Cache(folder / "cache"), name), ROOT / "policies")
    stack = make_whole_stack(folder, name, aws, f"{pack.programs}:{search_path}")
    stack.variables |= pack.variables
    return stack.pulumi("preview")


@pytest.mark.parametrize("stack", STACKS)
def test_the_whole_program_previews(stack: str, previewed: dict[str, Ran]) -> None:
    ran = previewed[stack]

    assert ran.status == 0, ran.output
    assert list(ran.counts()) == ["creat"]
    assert ran.counts()["creat"] > 300


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_of_the_whole_program_changes_nothing(stack: str, previewed: dict[str, Ran]) -> None:
    ran = previewed[stack]

    assert {call["operation"] for call in ran.calls} == {"GetCallerIdentity"}


@pytest.mark.parametrize("stack", STACKS)
def test_the_pack_has_nothing_against_the_whole_program(stack: str, previewed: dict[str, Ran]) -> None:
    ran = previewed[stack]

    assert "Policies:" in ran.output, ran.output
    assert _REFUSED.findall(ran.output) == []
