"""Level 4: the AWS side of eks-dev with the other makers of machines, on the real engine.

Cluster-autoscaler is the default, and lives in test_development.py. What it proves of Karpenter and of EKS
Auto Mode: what they need is made and gone again in an order that AWS takes. What it cannot: that they make
machines.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.aws.server.process import AwsDouble
from tests.engine.eks.stack import Ran, make_stack

pytestmark = pytest.mark.engine

AUTOSCALERS = ("karpenter", "auto")


@dataclass(frozen=True)
class Life:
    """A stack's life, and what the account had before and after it."""

    up: Ran
    again: Ran
    destroy: Ran
    before: set[str]
    after: set[str]


@pytest.fixture(scope="module", params=AUTOSCALERS)
def life(
    request: pytest.FixtureRequest,
    aws: AwsDouble,
    search_path: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Life:
    before = aws.inventory()
    stack = make_stack(tmp_path_factory.mktemp(request.param), "eks-dev", aws, search_path)
    stack.settings(autoscaler=request.param)
    up = stack.up()
    again = stack.pulumi("preview", "--expect-no-changes")
    return Life(up, again, stack.destroy(), before, aws.inventory())


def test_what_it_needs_comes_up_and_stays_unchanged(life: Life) -> None:
    assert life.up.status == 0, life.up.output
    assert life.again.status == 0, life.again.output


def test_what_it_needed_goes_again(life: Life) -> None:
    assert life.destroy.status == 0, life.destroy.output
    assert life.after == life.before
