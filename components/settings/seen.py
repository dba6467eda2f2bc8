"""How a problem shows the value it is about: short, as the user wrote it, and never a secret."""

from __future__ import annotations

import json
import re

from components.settings.plain import WrittenFloat

LONGEST = 80

# Text that would look like another type of value, or like nothing.
_NEEDS_QUOTES = r"|true|false|null|[-+]?(\d+(\.\d*)?|\.\d+)"


def seen(value: object) -> str:
    """Show a value on one line.

    Mappings and lists are described, not dumped; credentials inside an address are hidden, because a person
    who put them into the wrong place should not find them in the log of a pipeline as well.
    """
    if isinstance(value, WrittenFloat):
        return value.text
    if isinstance(value, dict):
        return f"a mapping of {len(value)} {'key' if len(value) == 1 else 'keys'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if not isinstance(value, str):
        return json.dumps(value)
    if "\n" in value:
        return f"text of {value.count(chr(10)) + 1} lines"
    shown = re.sub(r"//[^/@\s]*@", "//***@", re.sub(r"\?.*$", "?***", value))
    shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."
    plain = shown == shown.strip() and shown.isprintable() and not re.fullmatch(_NEEDS_QUOTES, shown)
    return shown if plain else json.dumps(shown)
