"""Rules that look at more than one value: pure functions from the parts of a stack to problems."""

from __future__ import annotations

from components.errors import Problem
from components.settings.parts import Parts, Rule
from components.settings.rules import building, cluster, eks, models, platform, services

RULES: tuple[Rule, ...] = (
    *cluster.RULES,
    *eks.RULES,
    *platform.RULES,
    *services.RULES,
    *models.RULES,
    building.building_is_asked_for_what_can_be_built,
)


def check(parts: Parts) -> list[Problem]:
    """Apply every rule; those whose parts could not be read find nothing."""
    return [problem for rule in RULES for problem in rule(parts)]
