"""What an EKS stack costs: floor, expected and ceiling."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cost.budget import over_budget
from components.cost.estimate import BOUNDS, Estimate, estimate
from components.facts.prices import Prices, PriceTable
from components.settings.eks.access import Encryption
from components.settings.eks.cluster import Budget, EksSettings, StackPart
from components.settings.eks.network import Existing, Network
from components.settings.eks.nodes import Disk, Expected, NodeGroup

# Round prices, so that sums can be checked by head.
PRICES = Prices(
    cluster=Decimal(1),
    cluster_extended=Decimal(6),
    nat_gateway=Decimal(10),
    load_balancer=Decimal(100),
    endpoint=Decimal(1000),
    key=Decimal(730),
    disk_gib=Decimal("7.3"),
    disk_throughput=Decimal(730),
    disk_iops=Decimal(730),
    instances={"m7i.xlarge": Decimal(2), "g5.2xlarge": Decimal(20), "g6.4xlarge": Decimal(30)},
)
TABLE = PriceTable(as_of=date(2026, 1, 1), source="test", regions={"eu-west-1": PRICES})
SYSTEM = NodeGroup(instance_types=("m7i.xlarge",), min_size=1, max_size=1)


def _cluster(**changes: Any) -> EksSettings:
    given: dict[str, Any] = {
        "provider": "eks",
        "region": "eu-west-1",
        "zones": ("eu-west-1a", "eu-west-1b", "eu-west-1c"),
        "network": Network(nat="none"),
        "encryption": Encryption(customer_key=False),
        "node_groups": {"system": SYSTEM},
    }
    return EksSettings(**(given | changes))


def _gpu(**changes: Any) -> NodeGroup:
    given: dict[str, Any] = {
        "instance_types": ("g5.2xlarge",),
        "min_size": 0,
        "max_size": 4,
        "disk": Disk(size_gib=100, throughput_mibs=125),
    }
    return NodeGroup(**(given | changes))


def _found(**changes: Any) -> Estimate:
    return estimate(_cluster(**changes), TABLE)


def _costs(found: Estimate) -> tuple[float, ...]:
    return tuple(round(float(found.hourly(bound)), 6) for bound in BOUNDS)


def test_the_smallest_stack_costs_its_control_plane_machine_disk_and_load_balancer() -> None:
    # 1 control plane, 2 for the machine, 1 for 100 GiB of its disk, 100 for the load balancer.
    assert _costs(_found()) == (104, 104, 104)


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"network": Network(nat="single")}, 10),
        ({"network": Network(nat="perZone")}, 30),
        ({"network": Network(nat="none", interface_endpoints=True)}, 21000),
        ({"network": Network(nat="perZone"), "existing": Existing(vpc="vpc-0123456789abcdef0")}, 0),
        ({"encryption": Encryption(customer_key=True)}, 1),
        (
            {
                "encryption": Encryption(),
                "existing": Existing(kms_key="arn:aws:kms:eu-west-1:111122223333:key/0"),
            },
            0,
        ),
        ({"stack": StackPart(part="infra")}, -100),
        ({"stack": StackPart(part="platform", infra="a")}, -4),
        ({"stack": StackPart(part="services", infra="a", platform="b")}, -104),
    ],
)
def test_each_part_of_the_infrastructure_is_counted(changes: dict[str, Any], more: int) -> None:
    assert _costs(_found(**changes)) == (104 + more,) * 3


def test_extended_support_is_part_of_the_ceiling_only() -> None:
    assert _costs(_found(support="extended")) == (104, 104, 109)


@pytest.mark.parametrize(
    ("group", "costs"),
    [
        # 20 for the machine and 1 for its disk, each.
        (_gpu(), (0, 0, 84)),
        (_gpu(desired_size=2), (0, 42, 84)),
        (_gpu(expected=Expected(size=2, hours_per_day=12)), (0, 21, 84)),
        (_gpu(min_size=1, expected=Expected(size=3, hours_per_day=6)), (21, 31.5, 84)),
        (_gpu(min_size=1, expected=Expected(size=3, hours_per_day=0)), (21, 21, 84)),
        (_gpu(instance_types=("g5.2xlarge", "g6.4xlarge"), desired_size=1), (0, 21, 124)),
        (_gpu(disk=Disk(size_gib=100, throughput_mibs=126, iops=3002)), (0, 0, 96)),
    ],
)
def test_a_group_costs_by_its_numbers(group: NodeGroup, costs: tuple[float, ...]) -> None:
    found = _found(node_groups={"system": SYSTEM, "gpu": group})

    assert _costs(found) == tuple(104 + cost for cost in costs)
    assert tuple(float(found.hourly(bound, gpu=True)) for bound in BOUNDS) == costs


def test_the_share_of_gpus_is_theirs_of_the_whole() -> None:
    found = _found(node_groups={"system": SYSTEM, "gpu": _gpu(desired_size=2)})

    assert [found.gpu_share(bound) for bound in BOUNDS] == [
        Decimal(0),
        Decimal(42) / Decimal(146),
        Decimal(84) / Decimal(188),
    ]


def test_a_month_has_730_hours() -> None:
    assert _found().monthly("floor") == 104 * 730


def test_an_unknown_type_is_unpriced_and_never_free() -> None:
    found = _found(node_groups={"system": SYSTEM, "gpu": _gpu(instance_types=("p5.48xlarge",))})

    assert found.unpriced("floor") == ()
    assert found.unpriced("ceiling") == ("gpu: p5.48xlarge",)
    assert found.gpu_share("floor") == 0
    assert found.gpu_share("ceiling") is None


def test_one_unknown_type_of_several_may_be_the_dearest() -> None:
    found = _found(node_groups={"system": SYSTEM, "gpu": _gpu(instance_types=("g5.2xlarge", "g5.4xlarge"))})

    assert found.unpriced("ceiling") == ("gpu: g5.2xlarge, g5.4xlarge",)


def test_an_unknown_region_is_unpriced_as_a_whole() -> None:
    found = estimate(_cluster(region="eu-north-1"), TABLE)

    assert found.hourly("ceiling") == 0
    assert found.unpriced("ceiling") == (
        "control plane",
        "system: m7i.xlarge",
        "system: disks",
        "load balancer",
    )


def test_a_capacity_block_is_paid_in_advance() -> None:
    block = _gpu(capacity="capacityBlock", reservation="cr-0123456789abcdef0", desired_size=1)
    (line,) = [one for one in _found(node_groups={"gpu": block}).lines if one.what == "gpu: g5.2xlarge"]

    assert (line.cost("expected"), line.note) == (None, "paid in advance, by the block")


def test_the_fee_of_auto_mode_is_not_known() -> None:
    assert _found(autoscaler="auto").unpriced("floor") == ("system: fee of EKS Auto Mode",)


@pytest.mark.parametrize(
    ("budget", "group", "problems"),
    [
        (Budget(), _gpu(), []),
        (Budget(hourly_usd=188), _gpu(), []),
        (
            Budget(hourly_usd=187, monthly_usd=1000),
            _gpu(),
            [
                (
                    "kserve-platform:cluster.budget.hourlyUsd: is less than the stack may cost\n"
                    "  seen: 187\n"
                    "  why:  all groups at their maxSize cost 188.00 dollars an hour\n"
                    "  do:   write 189 or more, or lower maxSize of a group"
                ),
                (
                    "kserve-platform:cluster.budget.monthlyUsd: is less than the stack may cost\n"
                    "  seen: 1000\n"
                    "  why:  all groups at their maxSize cost 137240.00 dollars a month\n"
                    "  do:   write 137241 or more, or lower maxSize of a group"
                ),
            ],
        ),
        (
            Budget(hourly_usd=1000),
            _gpu(instance_types=("p5.48xlarge",)),
            [
                (
                    "kserve-platform:cluster.budget.hourlyUsd: cannot be held to\n"
                    "  seen: 1000\n"
                    "  why:  no price is known of: gpu: p5.48xlarge\n"
                    "  do:   add it to components/facts/prices.yaml"
                )
            ],
        ),
    ],
)
def test_a_budget_is_held_against_the_ceiling(budget: Budget, group: NodeGroup, problems: list[str]) -> None:
    cluster = _cluster(budget=budget, node_groups={"system": SYSTEM, "gpu": group})

    assert [str(problem) for problem in over_budget(cluster, estimate(cluster, TABLE))] == problems


@given(
    least=st.integers(0, 5),
    more=st.integers(0, 5),
    busy=st.integers(0, 5),
    hours=st.integers(0, 24),
    types=st.lists(st.sampled_from(["g5.2xlarge", "g6.4xlarge"]), min_size=1, max_size=2),
)
def test_floor_expected_and_ceiling_are_in_order(
    least: int, more: int, busy: int, hours: int, types: list[str]
) -> None:
    group = _gpu(
        instance_types=tuple(types),
        min_size=least,
        max_size=max(1, least + more),
        expected=Expected(size=least + min(busy, more), hours_per_day=hours),
    )
    found = _found(node_groups={"system": SYSTEM, "gpu": group})

    assert found.hourly("floor") <= found.hourly("expected") <= found.hourly("ceiling")
