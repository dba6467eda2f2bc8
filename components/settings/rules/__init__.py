"""Rules that look at more than one value: pure functions from models to problems."""

from __future__ import annotations

from components.errors import Problem
from components.settings.parse import Parsed


def check(parsed: Parsed) -> list[Problem]:
    """Apply every rule whose parts could be read."""
    return []
