"""The pack's program: the engine starts it in its own folder, one above which the project is."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pulumi_policy import PolicyPack  # the path comes first

from policies.pack import NAME, policies_of, stack_of_run
from policies.registry import ALL_RULES

PolicyPack(NAME, policies_of(ALL_RULES, stack_of_run()))
