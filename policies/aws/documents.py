"""IAM policy documents: given as JSON text or as a mapping, with one value or a list of them anywhere.

Grammar: "Grammar of the IAM JSON policy language", IAM user guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.unknown import UNKNOWN, known


class NotADocument(ValueError):
    """A text is no policy document."""


@dataclass(frozen=True)
class Statement:
    """One statement, its values in lists.

    Attributes:
        where: Its place in the document: `Statement[0]`.
        allows: Whether its effect is Allow.
        actions: Actions, or with `NotAction` just `*`: all but a few is as wide as all.
        resources: Resources, or with `NotResource` just `*`.
        principals: Who it is about, by kind: `Service`, `AWS`, `Federated`; `*` for anybody.
        conditions: Operator to key to values.
    """

    where: str
    allows: bool
    actions: tuple[Any, ...]
    resources: tuple[Any, ...]
    principals: Mapping[str, tuple[Any, ...]]
    conditions: Mapping[str, Any]


def statements(document: object) -> list[Statement]:
    """The statements of a document.

    Raises:
        NotADocument: The text is not JSON, or no object.
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise NotADocument("it is not JSON") from error
    if not isinstance(document, Mapping):
        raise NotADocument("it is no JSON object")
    written = _listed(document.get("Statement"))
    return [_statement(index, one) for index, one in enumerate(written) if isinstance(one, Mapping)]


def _statement(index: int, written: Mapping[str, Any]) -> Statement:
    return Statement(
        where=f"Statement[{index}]",
        allows=written.get("Effect") == "Allow",
        actions=("*",) if "NotAction" in written else _listed(written.get("Action")),
        resources=("*",) if "NotResource" in written else _listed(written.get("Resource")),
        principals=_principals(written),
        conditions=written.get("Condition") or {},
    )


def _principals(written: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    if "NotPrincipal" in written:
        return {"AWS": ("*",)}
    principal = written.get("Principal")
    if isinstance(principal, Mapping):
        return {str(kind): _listed(names) for kind, names in principal.items()}
    return {"AWS": _listed(principal)} if principal is not None else {}


def condition_values(statement: Statement, key: str) -> Iterator[tuple[str, str]]:
    """Operator and value of every condition on a key, compared as IAM does: without regard to case."""
    for operator, keys in statement.conditions.items():
        for name, values in keys.items() if isinstance(keys, Mapping) else ():
            if name.lower() == key.lower():
                yield from ((operator, str(value)) for value in _listed(values))


def _listed(value: object) -> tuple[Any, ...]:
    if value is UNKNOWN:
        return (UNKNOWN,)
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def texts(values: tuple[Any, ...]) -> list[str]:
    """The known texts among values."""
    return [value for value in values if known(value) and isinstance(value, str)]
