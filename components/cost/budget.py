"""Whether a stack stays within its budget whatever its autoscaler does."""

from __future__ import annotations

from collections.abc import Iterator

from components.cost.estimate import Estimate
from components.errors import Problem
from components.settings.eks.cluster import EksSettings
from components.settings.keys import key_of


def over_budget(cluster: EksSettings, estimate: Estimate) -> Iterator[Problem]:
    """Each part of the budget that the ceiling exceeds, or that cannot be judged for want of a price."""
    bounds = (
        ("hourlyUsd", cluster.budget.hourly_usd, estimate.hourly("ceiling"), "an hour"),
        ("monthlyUsd", cluster.budget.monthly_usd, estimate.monthly("ceiling"), "a month"),
    )
    for name, budget, ceiling, unit in bounds:
        if budget is None:
            continue
        key, unpriced = key_of(("cluster", "budget", name)), estimate.unpriced("ceiling")
        if ceiling > budget:
            yield Problem(
                what="is less than the stack may cost",
                seen=str(budget),
                why=f"all groups at their maxSize cost {ceiling:.2f} dollars {unit}",
                fix=f"write {int(ceiling) + 1} or more, or lower maxSize of a group",
                key=key,
            )
        elif unpriced:
            yield Problem(
                what="cannot be held to",
                seen=str(budget),
                why=f"no price is known of: {', '.join(unpriced)}",
                fix="add it to components/facts/prices.yaml",
                key=key,
            )
