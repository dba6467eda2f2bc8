"""What a stack may grow to: a bound on its GPUs and on what its machines cost, whatever the load.

Counted is what the plan allows at most, not what runs: an autoscaler that loops spends the rest in a night.
Machines cost their on-demand price, which spot is below. Not counted are capacity blocks, which are paid in
advance, and what does not grow (control plane, gateways, disks): the budget of the stack's settings has them.
A price that nobody knows is never 0: it is told, and what has a price is judged all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from components.facts.instances import find
from components.facts.prices import Prices, price_table
from policies.aws.neighbours import Neighbours
from policies.aws.node_groups import GPU_KEY, LAUNCH_TEMPLATE, NODE_GROUP, instance_types
from policies.aws.node_pools import NODE_POOL, gpu_machines, may_have_gpus
from policies.aws.view import Blind, View
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.unknown import known

SUBNET = "aws:ec2/subnet:Subnet"


def _within_budget(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    stack = Neighbours(resources)
    views = [View(one, stack) for one in stack.of((NODE_GROUP, NODE_POOL))]
    judged: list[tuple[View, int]] = []
    for view in views:
        try:
            judged.append((view, _pool_gpus(view) if view.resource.type == NODE_POOL else _group_gpus(view)))
        except Blind as missing:
            yield view.blind(missing.where)
    yield from _enough_gpus(judged, context)
    yield from _cheap_enough([view for view, _ in judged], context)


def _enough_gpus(counted: Sequence[tuple[View, int]], context: Context) -> Iterator[Finding]:
    total, most = sum(gpus for _, gpus in counted), context.options["maxGpus"]
    if total > most:
        view, _ = max(counted, key=lambda one: one[1])
        shares = ", ".join(f"{one.resource.name} {gpus}" for one, gpus in counted if gpus)
        yield view.wrong(
            _bound(view),
            f"{total} GPUs ({shares})",
            why=f"the stack may grow to more than the {most} GPUs of its budget",
            fix="lower a maximum, or raise the rule's option maxGpus",
        )


def _cheap_enough(views: Sequence[View], context: Context) -> Iterator[Finding]:
    costs: list[tuple[View, Decimal]] = []
    for view in views:
        try:
            region = _region(view, context)
        except Blind as missing:
            yield view.blind(missing.where)
            continue
        prices = price_table().of(region)
        hourly, unpriced = (_pool_cost if view.resource.type == NODE_POOL else _group_cost)(view, prices)
        costs.append((view, hourly))
        if unpriced:
            yield view.wrong(
                _bound(view),
                ", ".join(unpriced),
                why=f"its price in {region or 'an unknown region'} is not in the table of prices",
                fix="add it to components/facts/prices.yaml, or write the rule's option region",
            )
    total, most = sum((cost for _, cost in costs), Decimal(0)), Decimal(str(context.options["maxHourlyUsd"]))
    if total > most:
        view, _ = max(costs, key=lambda one: one[1])
        shares = ", ".join(f"{one.resource.name} {cost:.2f}" for one, cost in costs if cost)
        yield view.wrong(
            _bound(view),
            f"{total:.2f} dollars an hour ({shares})",
            why=f"the stack may grow to more than the {most} dollars an hour of its budget",
            fix="lower a maximum, or raise the rule's option maxHourlyUsd",
        )


def _bound(view: View) -> str:
    return "spec.limits" if view.resource.type == NODE_POOL else "scalingConfig.maxSize"


def _group_gpus(group: View) -> int:
    """The GPUs of a group at its largest, all its nodes being of its largest type."""
    size = int(group.get("scalingConfig", "maxSize", default=0))
    group.get("capacityType")  # whether it is paid in advance has to be known for what it costs
    return size * max((one.gpus for one in map(find, instance_types(group)) if one), default=0)


def _pool_gpus(pool: View) -> int:
    """The GPUs that a pool is limited to; a pool without a limit is gpu-nodes-scale-from-zero's to refuse."""
    return int(pool.get("spec", "limits", GPU_KEY, default=0)) if may_have_gpus(pool) else 0


def _group_cost(group: View, prices: Prices) -> tuple[Decimal, list[str]]:
    """Dollars an hour of a group at its largest, all of its dearest type; and the types without a price."""
    size = int(group.get("scalingConfig", "maxSize", default=0))
    if not size or group.get("capacityType") == "CAPACITY_BLOCK":
        return Decimal(0), []
    found = {name: prices.instance(name) for name in instance_types(group)}
    dearest = max((price for price in found.values() if price is not None), default=Decimal(0))
    return size * dearest, [name for name, price in found.items() if price is None]


def _pool_cost(pool: View, prices: Prices) -> tuple[Decimal, list[str]]:
    """The same of a pool's GPUs, each at what it costs on the dearest machine that the pool may start."""
    limit = _pool_gpus(pool)
    if not limit:
        return Decimal(0), []
    each = [
        price / one.gpus for one in gpu_machines(pool) if (price := prices.instance(one.name)) is not None
    ]
    return (limit * max(each), []) if each else (Decimal(0), ["machines with GPUs"])


def _region(view: View, context: Context) -> str:
    """The option's; else the group's own; else that of a zone of the stack's subnets; else none.

    Raises:
        Blind: None of them is known yet.
    """
    written = [context.options["region"], view.peek("region")]
    zones = [subnet.peek("availabilityZone") for subnet in view.others(SUBNET)]
    written += [zone[:-1] for zone in zones if known(zone) and isinstance(zone, str)]
    found = next((one for one in written if known(one) and one), "")
    if not found and not all(known(one) for one in (*written, *zones)):
        raise Blind("region", view.resource)
    return found


RULES = (
    Rule(
        id="gpu-budget",
        title="The stack cannot grow beyond its budget of GPUs and of money",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(NODE_GROUP, LAUNCH_TEMPLATE, NODE_POOL, SUBNET),
        check_stack=_within_budget,
        options={"maxGpus": 8, "maxHourlyUsd": 30, "region": ""},
    ),
)
