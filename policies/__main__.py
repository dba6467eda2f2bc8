"""The pack's program: the engine starts it in its own folder, one above which the project is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from components.errors import PlatformError  # the path comes first
from policies.analyzer import Analyzer
from policies.registry import ALL_RULES
from providers.rpc.server import serve

try:
    analyzer = Analyzer(ALL_RULES, os.environ)
except PlatformError as refused:
    sys.exit(f"{refused}\n")
# The engine's address comes first; after it may be the pack's folder.
serve(analyzer, sys.argv[1:2], "KSERVE_PLATFORM_POLICY_LOG")
