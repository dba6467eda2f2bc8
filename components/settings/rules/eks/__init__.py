"""Rules about EKS: what AWS would refuse half an hour later, or accept and never give."""

from __future__ import annotations

from components.settings.parts import Rule
from components.settings.rules.eks import (
    access,
    capacity,
    existing,
    gpus,
    groups,
    machines,
    network,
    services,
    stack,
)

RULES: tuple[Rule, ...] = (
    *stack.RULES,
    *network.RULES,
    *existing.RULES,
    *access.RULES,
    *groups.RULES,
    *machines.RULES,
    *capacity.RULES,
    *gpus.RULES,
    *services.RULES,
)
