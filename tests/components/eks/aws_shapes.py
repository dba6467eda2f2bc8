"""AWS's own models of its API, as botocore ships them: what a request must be before anybody sends it.

botocore's validator looks at types, required and unknown members and lower bounds; enums, patterns and upper
bounds are in the models too and nobody looks at them. `violations` looks at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def input_shape(service: str, operation: str) -> StructureShape:
    """Shape of an operation's request."""
    return _session().get_service_model(service).operation_model(operation).input_shape


def violations(service: str, operation: str, request: Mapping[str, Any]) -> list[str]:
    """Everything that AWS would refuse of a request."""
    shape = input_shape(service, operation)
    report = ParamValidator().validate(request, shape)
    told = report.generate_report().splitlines() if report.has_errors() else []
    return [*told, *_walk(shape, request, operation)]


def _walk(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, inner in value.items():
            if name in shape.members:
                yield from _walk(shape.members[name], inner, f"{path}.{name}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _length(shape, value, path)
        for index, inner in enumerate(value):
            yield from _walk(shape.member, inner, f"{path}[{index}]")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        yield from _length(shape, value, path)
        for key, inner in value.items():
            yield from _walk(shape.key, key, f"{path} key")
            yield from _walk(shape.value, inner, f"{path}.{key}")
    else:
        yield from _leaf(shape, value, path)


def _leaf(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str):
        yield from _text(shape, value, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        most = shape.metadata.get("max")
        if most is not None and value > most:
            yield f"{path}: {value} is more than {most}"


def _length(shape: Shape, value: Any, path: str) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield f"{path}: {len(value)} is more than {most}"


def _text(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _length(shape, value, path)
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield f"{path}: {value} is none of {', '.join(enum)}"
    pattern = _pattern(shape.metadata.get("pattern"))
    if pattern and not re.fullmatch(pattern, value):
        yield f"{path}: {value} does not match {pattern}"


# Classes of characters that Python spells in another way than Java, whose patterns these are.
_SPELLINGS = (
    (r"\p{L}", r"\w"),
    (r"\p{Z}", r"\s"),
    (r"\p{N}", r"\d"),
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
)


def _pattern(pattern: str | None) -> str | None:
    for java, python in _SPELLINGS:
        pattern = pattern and pattern.replace(java, python)
    return pattern
