"""What a stack may grow to: a bound on its GPUs, whatever the load.

Counted is what the plan allows at most, not what runs: an autoscaler that loops spends the rest in a night.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.facts.instances import find
from policies.aws.node_groups import GPU_KEY, LAUNCH_TEMPLATE, NODE_GROUP, instance_types
from policies.aws.node_pools import NODE_POOL, may_have_gpus
from policies.aws.view import Blind, View
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity


def _within_budget(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    views = [View(one, resources) for one in resources if one.type in (NODE_GROUP, NODE_POOL)]
    counted: list[tuple[View, int]] = []
    for view in views:
        try:
            counted.append((view, _pool_gpus(view) if view.resource.type == NODE_POOL else _group_gpus(view)))
        except Blind as missing:
            yield view.blind(missing.where)
    total, most = sum(gpus for _, gpus in counted), context.options["maxGpus"]
    if total > most:
        view, _ = max(counted, key=lambda one: one[1])
        shares = ", ".join(f"{one.resource.name} {gpus}" for one, gpus in counted if gpus)
        yield view.wrong(
            "spec.limits" if view.resource.type == NODE_POOL else "scalingConfig.maxSize",
            f"{total} GPUs ({shares})",
            why=f"the stack may grow to more than the {most} GPUs of its budget",
            fix="lower a maximum, or raise the rule's option maxGpus",
        )


def _group_gpus(group: View) -> int:
    """The GPUs of a group at its largest, all its nodes being of its largest type."""
    most = max((one.gpus for one in map(find, instance_types(group)) if one), default=0)
    return most * int(group.get("scalingConfig", "maxSize", default=0)) if most else 0


def _pool_gpus(pool: View) -> int:
    """The GPUs that a pool is limited to; a pool without a limit is gpu-nodes-scale-from-zero's to refuse."""
    return int(pool.get("spec", "limits", GPU_KEY, default=0)) if may_have_gpus(pool) else 0


RULES = (
    Rule(
        id="gpu-budget",
        title="The stack cannot grow beyond its budget of GPUs.",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(NODE_GROUP, LAUNCH_TEMPLATE, NODE_POOL),
        check_stack=_within_budget,
        options={"maxGpus": 8},
    ),
)
