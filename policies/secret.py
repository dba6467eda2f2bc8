"""A value that Pulumi keeps encrypted, as a remediation sees it and gives it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Secret:
    """Rules that only validate see the bare value: the engine unwraps it for them."""

    value: Any
