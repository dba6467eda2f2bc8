"""Inputs in the form that the official provider gives them, so that either can continue the other's state.

The official provider converts a built-in object to its Go type and back. What can be seen of that (S10):
unknown fields, nulls and empty collections go, quantities and base64 become canonical, `stringData` is
folded into `data`. An object that does not fit its type, or has unknown values in it, is left as it is:
the API server says what is wrong.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, Final

from providers.kubernetes import schema
from providers.kubernetes.objects import Object, kind_of
from providers.kubernetes.paths import Path, show
from providers.kubernetes.quantity import canonical
from providers.rpc import has_unknowns

DASHED: Final = {
    f"x_kubernetes_{name.replace('-', '_')}": f"x-kubernetes-{name}"
    for name in (
        "embedded-resource", "int-or-string", "list-map-keys", "list-type", "map-type",
        "preserve-unknown-fields", "validations",
    )
}  # fmt: skip
"""The keys of a CRD's schema that Python cannot spell: underscores in the SDK and the state, dashes for
Kubernetes.
"""
UNDERSCORED: Final = {dashed: underscored for underscored, dashed in DASHED.items()}
_READ_ONLY: Final = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")


class _Misfit(Exception):
    """A value does not fit the Go type."""


def rename_keys(value: Any, names: dict[str, str]) -> Any:
    """Copy `value` with every key of `names` renamed, at any depth."""
    if isinstance(value, dict):
        return {names.get(key, key): rename_keys(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [rename_keys(item, names) for item in value]
    return value


def normalise(obj: Object) -> Object:
    """Return an object, plain or with unknowns, in the form that goes into the state."""
    obj = rename_keys(obj, DASHED)
    if has_unknowns(obj):
        return obj
    obj = without_read_only_metadata(obj)
    api_version, kind = kind_of(obj)
    known = schema.built_in(api_version, kind)
    if known is None:
        return obj
    if known.type_name is None:
        return _without_crd_leftovers(obj) if kind == "CustomResourceDefinition" else obj
    try:
        converted: Object = _struct(obj, known.type_name)
    except _Misfit:
        return obj
    return fold_string_data(converted) if (api_version, kind) == ("v1", "Secret") else converted


def unknown_fields(obj: Object) -> list[str]:
    """Return the paths of fields that a built-in kind does not have: typing errors, nearly always (R9)."""
    known = schema.built_in(*kind_of(obj))
    if known is None or known.type_name is None:
        return []
    return [show(path) for path in _unknown(obj, known.type_name, ())]


def _unknown(value: Any, code: str, path: Path) -> Iterator[Path]:
    if isinstance(value, list) and code[0] == "[":
        for index, item in enumerate(value):
            yield from _unknown(item, code[1:-1], (*path, index))
    elif isinstance(value, dict) and code[0] == "{":
        for key, item in value.items():
            yield from _unknown(item, code[1:-1], (*path, key))
    elif isinstance(value, dict) and len(code) > 1:
        fields = schema.fields_of(code)
        for key, item in value.items():
            if key not in fields:
                yield (*path, key)
            elif item is not None:
                yield from _unknown(item, fields[key].code, (*path, key))


def without_read_only_metadata(obj: Object) -> Object:
    """Return the object without the metadata that only the API server writes."""
    meta = obj.get("metadata")
    if not isinstance(meta, dict):
        return obj
    return {**obj, "metadata": {key: item for key, item in meta.items() if key not in _READ_ONLY}}


def fold_string_data(secret: Object) -> Object:
    """Return a Secret whose `stringData` is in its `data`, as the API server stores it."""
    texts = secret.get("stringData")
    if not isinstance(texts, dict):
        return secret
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    rest = {key: item for key, item in secret.items() if key != "stringData"}
    return {**rest, "data": {**(rest.get("data") or {}), **encoded}}


def _without_crd_leftovers(crd: Object) -> Object:
    """Generated CRDs carry a `status` and `preserveUnknownFields: false`; neither is wanted by anybody."""
    crd = {key: item for key, item in crd.items() if key != "status"}
    spec = crd.get("spec")
    if isinstance(spec, dict) and spec.get("preserveUnknownFields") is False:
        crd["spec"] = {key: item for key, item in spec.items() if key != "preserveUnknownFields"}
    return crd


def _struct(value: Any, type_name: str) -> Object:
    if not isinstance(value, dict):
        raise _Misfit
    result: Object = {}
    for name, (code, droppable) in schema.fields_of(type_name).items():
        if value.get(name) is None:
            continue
        converted = _convert(value[name], code)
        if not (droppable and converted in ("", 0, [], {})):
            result[name] = converted
    return result


def _convert(value: Any, code: str) -> Any:
    if code[0] == "[":
        return _list(value, code[1:-1])
    if code[0] == "{":
        if not isinstance(value, dict):
            raise _Misfit
        return {key: _element(item, code[1:-1]) for key, item in value.items()}
    if len(code) == 1:
        return _scalar(value, code)
    return _struct(value, code)


def _list(value: Any, code: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Misfit
    return [_element(item, code) for item in value]


def _element(value: Any, code: str) -> Any:
    """Convert an item of a list or map, where Go knows no null but the zero value."""
    if value is not None or code == "j":
        return _convert(value, code)
    if code[0] in "[{":
        return None
    return {"s": "", "y": "", "b": False, "i": 0, "f": 0, "q": "0", "x": 0}.get(
        code, {} if len(code) > 1 else None
    )


def _scalar(value: Any, code: str) -> Any:
    if code == "q":
        return _quantity(value)
    if code == "y":
        return _base64(value)
    if not _fits(value, code):
        raise _Misfit
    return value


def _fits(value: Any, code: str) -> bool:
    if code in "st":
        return isinstance(value, str)
    if code == "b":
        return isinstance(value, bool)
    if code == "i":
        return isinstance(value, int) and not isinstance(value, bool)
    if code == "f":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return code == "j" or (isinstance(value, (int, str)) and not isinstance(value, bool))


def _quantity(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _Misfit
    try:
        return canonical(value if isinstance(value, str) else json.dumps(value))
    except ValueError:
        raise _Misfit from None


def _base64(value: Any) -> str:
    """Drop the line breaks that Go's decoder ignores."""
    if not isinstance(value, str):
        raise _Misfit
    text = value.replace("\n", "").replace("\r", "")
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except binascii.Error:
        raise _Misfit from None
