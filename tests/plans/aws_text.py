"""Tags and policy documents of AWS in a plan: said once, and as sentences."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def common_tags(resources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Tags that most of the resources have that have any.

    Args:
        resources: Their inputs.
    """
    tagged = [inputs["tags"] for inputs in resources if inputs.get("tags")]
    counted = Counter((key, value) for tags in tagged for key, value in tags.items())
    return dict(sorted(tag for tag, count in counted.items() if 2 * count > len(tagged)))


def told_tags(tags: Mapping[str, str], common: Mapping[str, str]) -> str:
    """The tags of one resource, those of all others in one word."""
    own = {key: value for key, value in tags.items() if key not in common or common[key] != value}
    lacking = [key for key in common if key not in tags]
    alike = "all" if common else ""
    but = f"but {', '.join(lacking)}" if lacking else ""
    return ", ".join(
        [*filter(None, (f"{alike} {but}".strip(),)), *(f"{k}={v}" for k, v in sorted(own.items()))]
    )


def statements(text: str) -> Iterator[str] | None:
    """The sentences of a policy document; None for any other text."""
    if not text.startswith("{"):
        return None
    whole = json.loads(text)
    return map(_sentence, whole["Statement"]) if "Statement" in whole else None


def _sentence(statement: Mapping[str, Any]) -> str:
    parts = [f"{statement['Sid']}: {statement['Effect']} {_list(statement['Action'])}"]
    if "Resource" in statement:
        parts.append(f"on {_list(statement['Resource'])}")
    if "Principal" in statement:
        parts.append(f"by {_who(statement['Principal'])}")
    if "Condition" in statement:
        parts.append(f"if {json.dumps(statement['Condition'], sort_keys=True)}")
    return " ".join(parts)


def _who(principal: Any) -> str:
    if isinstance(principal, str):
        return principal
    return ", ".join(f"{kind} {_list(names)}" for kind, names in principal.items())


def _list(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(value)
