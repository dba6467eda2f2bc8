"""The annotation pulumi.com/waitFor: conditions and JSONPath expressions instead of a built-in rule."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from providers.kubernetes.objects import Object
from providers.kubernetes.waiting.verdict import CONDITION_OVERDUE, Look, Verdict, condition, told

_STEP: Final = re.compile(
    r"\.?(?P<key>[^.\[\]'\"]+)"
    r"|\[(?P<index>-?\d+|\*)\]"
    r"|\[(?P<quote>['\"])(?P<quoted>.*?)(?P=quote)\]"
    r"|\[\?\(@\.(?P<field>[\w.]+)\s*==\s*['\"](?P<value>[^'\"]*)['\"]\)\]"
)


class WaitForError(ValueError):
    """The annotation cannot be read."""


@dataclass(frozen=True)
class Demand:
    """One thing that must hold.

    Attributes:
        text: As the program wrote it.
        condition: The type of a condition; empty for a JSONPath.
        path: The JSONPath without braces.
        value: What it must be; None means that it must exist (a condition: be True).
    """

    text: str
    condition: str = ""
    path: str = ""
    value: str | None = None

    def met(self, obj: Object) -> bool:
        """Whether the object fulfils it."""
        if self.condition:
            status = str(condition(obj, self.condition).get("status") or "")
            return status.lower() == (self.value or "True").lower()
        found = search(obj, self.path)
        if self.value is None:
            return bool(found)
        return any(_written(item) == self.value for item in found)


def parse(text: str) -> list[Demand]:
    """Read the annotation: one expression, or a JSON list of them, all of which must hold.

    Raises:
        WaitForError: An expression is neither a condition nor a JSONPath.
    """
    listed: list[Any] = [text]
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except ValueError as error:
            raise WaitForError(f"expected a JSON list of expressions, got {text!r}") from error
    if not listed or not all(isinstance(item, str) for item in listed):
        raise WaitForError(f"expected expressions, got {text!r}")
    return [_demand(item) for item in listed]


def judge_by(demands: list[Demand], obj: Object, look: Look) -> Verdict:
    """Judge an object by an annotation's demands."""
    missing = [demand for demand in demands if not demand.met(obj)]
    if not missing:
        return Verdict(ready=True)
    reasons = [f"waiting for {demand.text}" for demand in missing]
    noted = [told(condition(obj, demand.condition)) for demand in missing if demand.condition]
    return Verdict(
        status=reasons[0].capitalize(), overdue=CONDITION_OVERDUE, reasons=[*reasons, *filter(None, noted)]
    )


def search(obj: Any, path: str) -> list[Any]:
    """Return what a JSONPath (keys, indices, `[*]`, filters by equality) finds.

    Raises:
        WaitForError: The path uses more than that.
    """
    found, position = [obj], 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise WaitForError(f"the JSONPath {path!r} is not supported from {path[position:]!r} on")
        found = [item for one in found for item in _taken(one, step)]
        position = step.end()
    return [item for item in found if item is not None]


def _demand(text: str) -> Demand:
    if text.startswith("condition="):
        name, _, value = text.removeprefix("condition=").partition("=")
        return Demand(text, condition=name, value=value or None)
    if text.startswith("jsonpath="):
        expression, separator, value = text.removeprefix("jsonpath=").partition("}")
        if not expression.startswith("{") or not separator:
            raise WaitForError(f"expected jsonpath={{.path}} or jsonpath={{.path}}=value, got {text!r}")
        search({}, expression[1:])
        return Demand(
            text, path=expression[1:], value=value.removeprefix("=") if value.startswith("=") else None
        )
    raise WaitForError(f'expected a "jsonpath=" or "condition=" prefix, got "{text}"')


def _taken(value: Any, step: re.Match[str]) -> list[Any]:
    if step["field"]:
        items = value if isinstance(value, list) else []
        return [
            item
            for item in items
            if [_written(one) for one in search(item, f".{step['field']}")] == [step["value"]]
        ]
    if step["index"]:
        if not isinstance(value, list):
            return []
        if step["index"] == "*":
            return list(value)
        index = int(step["index"])
        return [value[index]] if -len(value) <= index < len(value) else []
    key = step["key"] or step["quoted"]
    return [value[key]] if isinstance(value, dict) and key in value else []


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
