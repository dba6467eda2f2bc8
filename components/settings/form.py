"""Text of one form as a pydantic annotation.

A form is a pure function from a text to the reason for refusing it, with a pattern for editors beside it. A
refusal carries what, why and fix, because "does not match ^[a-z]..." helps nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

ERROR_PREFIX = "text:"


class Refusal(NamedTuple):
    """Why a text is not of its form."""

    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class Form:
    """A pydantic annotation for text of one form.

    Attributes:
        name: Identifies the form in pydantic's error type.
        judge: None for a good text, else why it is refused.
        pattern: Regular expression for editors; may be looser than `judge`, never stricter.
        number: Whether a YAML number is welcome too (`cpu: 1`), and kept as its text.
    """

    name: str
    judge: Callable[[str], Refusal | None]
    pattern: str = ""
    number: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._apply, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        written = dict(handler(schema))
        if self.pattern:
            written["pattern"] = self.pattern
        if self.number:
            written["type"] = ["string", "number"]
        return written

    def _apply(self, value: str) -> str:
        refusal = self.judge(value)
        if refusal:
            raise PydanticCustomError(f"{ERROR_PREFIX}{self.name}", "{what}", refusal._asdict())
        return value
