"""`cost` prints what a stack costs, and fails where it may cost more than its budget."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from command.__main__ import main
from command.cost import render
from components.cost.estimate import estimate
from components.facts.prices import Prices, PriceTable
from components.settings.model import EksSettings, NodeGroup

PRICES = Prices(
    cluster=Decimal("0.1"),
    nat_gateway=Decimal("0.05"),
    load_balancer=Decimal("0.02"),
    key=Decimal(1),
    disk_gib=Decimal("0.08"),
    disk_throughput=Decimal("0.04"),
    disk_iops=Decimal("0.005"),
    instances={"m7i.xlarge": Decimal("0.2")},
)
TABLE = PriceTable(as_of=date(2026, 1, 19), source="a list", regions={"eu-west-1": PRICES})
CLUSTER = EksSettings(
    provider="eks",
    region="eu-west-1",
    zones=("eu-west-1a", "eu-west-1b"),
    node_groups={
        "system": NodeGroup(instance_types=("m7i.xlarge",), min_size=1, max_size=2),
        "gpu": NodeGroup(instance_types=("p5.48xlarge",), min_size=0, max_size=1, capacity="spot"),
    },
)

SHOWN = """\
Stack mine, US dollars an hour

 WHAT                    FLOOR   EXPECTED    CEILING
 ───────────────────────────────────────────────────
 control plane           0.100      0.100      0.100
 NAT gateways            0.050      0.050      0.050
 KMS key                 0.001      0.001      0.001
 system: m7i.xlarge      0.200      0.200      0.400
 system: disks           0.011      0.011      0.022
 gpu: p5.48xlarge            -          -   unpriced
 gpu: disks                  -          -      0.059
 load balancer           0.020      0.020      0.020

 an hour                  0.38       0.38     > 0.65
 a month of 730 hours   279.10     279.10   > 476.10
 for GPUs                  0 %        0 %   unpriced

  gpu: p5.48xlarge: at the on-demand price, which spot is below
  no price is known of: gpu: p5.48xlarge
  floor: every group at minSize; expected: as the groups say; ceiling: every group at maxSize
  not counted: data through gateways and load balancers, logs, S3
  prices: a list, eu-west-1, 2026-01-19
"""


def test_the_table_says_what_is_unpriced_and_that_sums_leave_it_out() -> None:
    assert render("mine", CLUSTER, estimate(CLUSTER, TABLE), TABLE) + "\n" == SHOWN


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_the_stacks_of_this_project_are_priced_and_within_their_budgets(
    stack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", "--stack", stack]) == 0
    assert "unpriced" not in capsys.readouterr().out


def test_a_local_stack_has_nothing_to_price(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost"]) == 0
    assert capsys.readouterr().out == (
        "The stack local makes nothing in a cloud: there is nothing to price.\n"
    )


def test_a_stack_that_may_cost_more_than_its_budget_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from command import cost
    from components.settings.eks.cluster import Budget
    from components.settings.model import Settings

    small = CLUSTER.model_copy(update={"budget": Budget(hourly_usd=1)})
    monkeypatch.setattr(cost, "load_stack_file", lambda path: Settings(cluster=small))
    monkeypatch.setattr(cost, "price_table", lambda: TABLE)

    assert main(["cost", "--stack", "mine"]) == 1
    assert "kserve-platform:cluster.budget.hourlyUsd: cannot be held to\n" in capsys.readouterr().err
