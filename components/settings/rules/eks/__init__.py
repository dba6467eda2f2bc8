"""Rules about EKS: what AWS would refuse half an hour later, or accept and never give."""

from __future__ import annotations

from components.settings.parts import Rule
from components.settings.rules.eks import groups

RULES: tuple[Rule, ...] = (*groups.RULES,)
