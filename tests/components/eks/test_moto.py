"""Level 3: moto makes every AWS resource of both stacks, in the order in which the program registers them.

What it proves: names, ids, ARNs and their forms flow from what made them to what needs them; nothing is used
before it is there; names are unique; moto's own refusals (policies that AWS does not have, doubled names,
what is not there) do not come; all of it goes in the reverse order. What it cannot: moto takes most things
that are well formed, knows no permissions and no limits, and lacks what `LACKING` names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from components.cluster.eks.create import create_eks
from components.settings.eks.readers import readers_of
from components.settings.load import load
from tests.aws.api import Api
from tests.aws.kinds.table import KINDS
from tests.components.eks.aws_requests import OPERATIONS
from tests.components.eks.conftest import eks_settings, stack_config
from tests.components.eks.on_moto import LACKING, OnMoto
from tests.components.mocks import Recorder, Registration

REGION = "us-west-2"
# The others' machines are made by Karpenter, and by AWS itself.
STACKS = ("eks-dev", "eks-prod", "eks-prod/karpenter", "eks-prod/auto")


@dataclass(frozen=True)
class Life:
    """What was seen of a stack on moto.

    Attributes:
        registered: AWS's resources, as the program registered them.
        lacking: Operations that moto did not know.
        there: What was seen of each resource that moto made, by type and name; None for nothing.
        left: The same, after all of them were removed.
        calls: Calls of AWS's API that made them.
    """

    registered: tuple[Registration, ...]
    lacking: frozenset[str]
    there: Mapping[tuple[str, str], Any]
    left: Mapping[tuple[str, str], Any]
    calls: int


@pytest.fixture(scope="module")
def moto() -> Iterator[Api]:
    """Moto in this process, with the policies that AWS keeps."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        with mock_aws():
            yield Api(REGION)


@pytest.fixture(scope="module")
def lives(moto: Api) -> dict[str, Life]:
    """All stacks of one account, each made, looked at and removed."""
    return {stack: _life(moto, stack) for stack in STACKS}


def _life(aws: Api, stack: str) -> Life:
    stack, _, autoscaler = stack.partition("/")
    changes = {"autoscaler": autoscaler} if autoscaler else {}
    on_moto, before, settings = OnMoto(aws), aws.calls, eks_settings(stack, **changes)
    readers = readers_of(settings, load(stack_config(stack)).services)
    recorder = Recorder(stack=stack, make=on_moto.make)
    recorder.run(lambda: create_eks(settings, stack, small=False, readers=readers))
    calls = aws.calls - before
    there = on_moto.look()
    on_moto.remove()
    return Life(
        registered=tuple(found for found in recorder.resources if found.custom and found.type in KINDS),
        lacking=frozenset(on_moto.lacking.values()),
        there=there,
        left=on_moto.look(),
        calls=calls,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_moto_makes_every_resource_that_it_knows(stack: str, lives: dict[str, Life]) -> None:
    life = lives[stack]
    known = {
        (found.type, found.name) for found in life.registered if OPERATIONS[found.type].name not in LACKING
    }

    assert len(known) > 50
    assert set(life.there) == known
    assert [which for which, seen in life.there.items() if seen is None] == []


@pytest.mark.parametrize("stack", STACKS)
def test_ids_come_from_what_was_made(stack: str, lives: dict[str, Life]) -> None:
    made_up = [
        f"{found.type} {found.name}" for found in lives[stack].registered if "id-of-" in repr(found.inputs)
    ]

    assert made_up == []


@pytest.mark.parametrize("stack", STACKS)
def test_every_request_is_one_that_aws_would_take(stack: str, lives: dict[str, Life]) -> None:
    # The API of the tests sends no other: it holds each against AWS's models, follow-up calls too.
    assert lives[stack].calls > len(lives[stack].there)


@pytest.mark.parametrize("stack", STACKS)
def test_everything_goes_in_the_reverse_order(stack: str, lives: dict[str, Life]) -> None:
    assert [which for which, seen in lives[stack].left.items() if seen is not None] == []


def test_what_moto_lacks_is_listed_and_nothing_else(lives: dict[str, Life]) -> None:
    assert frozenset().union(*(life.lacking for life in lives.values())) == set(LACKING)


def test_the_provider_has_a_type_for_every_operation() -> None:
    assert set(KINDS) == set(OPERATIONS)


def test_moto_refuses_a_policy_that_aws_does_not_keep(moto: Api) -> None:
    trust = '{"Version": "2012-10-17", "Statement": []}'
    moto("iam", "CreateRole", RoleName="machines", AssumeRolePolicyDocument=trust)

    with pytest.raises(ClientError, match="AmazonEKSWorkerNodePolice does not exist or is not attachable"):
        moto(
            "iam",
            "AttachRolePolicy",
            RoleName="machines",
            PolicyArn="arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolice",
        )
