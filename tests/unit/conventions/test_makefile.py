"""What the Makefile does to the environment of all it starts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_CHECKOUT = Path(__file__).parents[3]
_SHOWN = 'shown: ; @echo "($$PYTHONDONTWRITEBYTECODE)"'


def test_what_make_starts_keeps_what_it_compiled_though_the_environment_forbids_it() -> None:
    forbidding = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["make", "--silent", "--eval", _SHOWN, "shown"]

    told = subprocess.run(command, cwd=_CHECKOUT, env=forbidding, capture_output=True, text=True, check=True)

    assert told.stdout == "()\n"
