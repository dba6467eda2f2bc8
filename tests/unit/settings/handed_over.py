"""What the engine makes of a stack file before a program sees it."""

from __future__ import annotations

import json
from pathlib import Path

from components.settings.namespaces import normal_key
from components.settings.plain import Plain, decode
from components.settings.stack_file import read_stack_file


def handed_over(path: Path) -> dict[str, str]:
    """Configuration as engine 3.250 hands it to a program: objects as JSON, the rest as text."""
    handed = {}
    for key, written in read_stack_file(path).config.items():
        value = Plain().convert(decode(written), ("any",))
        is_text = isinstance(value, str)
        handed[normal_key(key)] = value if is_text else "" if value is None else json.dumps(value)
    return {key: str(value) for key, value in handed.items()}
