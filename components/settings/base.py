"""What every settings model shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A frozen mapping of known keys: camelCase in the stack file, snake_case in Python.

    Strict, because YAML's guesses (1.30 is a float, `no` may be a boolean) must be reported, not repaired.
    The string under each field is its documentation: the JSON schema and error messages quote it.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        # Python code builds models by field name; a stack file is read by alias only (see `parse`).
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )
