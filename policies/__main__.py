"""The pack's program: the engine starts it in its own folder, one above which the project is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pulumi_policy import PolicyPack  # the path comes first

from components.errors import PlatformError
from policies.pack import NAME, policies_of
from policies.registry import ALL_RULES
from policies.run import run_of

try:
    run = run_of(os.environ)
except PlatformError as refused:
    sys.exit(f"{refused}\n")
PolicyPack(NAME, policies_of(ALL_RULES, run))
