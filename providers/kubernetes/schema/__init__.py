"""What the Go types of Kubernetes' built-in kinds look like, as a table in types.txt (see generate.py).

A line `kind API_VERSION KIND SCOPE TYPE` names the type of a kind, a line `TYPE: field=code ...` its
fields. A code is a scalar (`s` string, `b` boolean, `i` integer, `f` number, `q` quantity, `y` bytes in
base64, `x` integer or string, `t` time, `j` anything), a type's name, `[code]` for a list or `{code}` for
a map; a `?` behind it says that Go drops the zero value.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_FILE: Final = Path(__file__).with_name("types.txt")
_UNTYPED: Final = {
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): False,
    ("apiregistration.k8s.io/v1", "APIService"): False,
}
"""Built-in kinds that the official provider does not send through a Go type; the value tells if
namespaced.
"""


class Field(NamedTuple):
    """A field: the code of its type, and whether its zero value is dropped."""

    code: str
    droppable: bool


class Kind(NamedTuple):
    """A built-in kind: the name of its type (None where it has none), and whether it is namespaced."""

    type_name: str | None
    namespaced: bool


@cache
def _table() -> tuple[dict[tuple[str, str], Kind], dict[str, str]]:
    kinds = {key: Kind(None, namespaced) for key, namespaced in _UNTYPED.items()}
    types: dict[str, str] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("kind "):
            _, api_version, kind, scope, type_name = line.split(" ")
            kinds[api_version, kind] = Kind(type_name, scope == "namespaced")
        elif not line.startswith("#"):
            name, _, fields = line.partition(":")
            types[name] = fields
    return kinds, types


def built_in(api_version: str, kind: str) -> Kind | None:
    """Return what is known of a kind; None for one that a CRD or an aggregated API defines."""
    return _table()[0].get((api_version, kind))


@cache
def fields_of(type_name: str) -> dict[str, Field]:
    """Return the fields of a type by their JSON names; empty for a type without any."""
    fields: dict[str, Field] = {}
    for entry in _table()[1].get(type_name, "").split():
        name, _, code = entry.partition("=")
        fields[name] = Field(code.removesuffix("?"), code.endswith("?"))
    return fields
