"""Patches and the owners of fields as the double does them: fields by name, lists as one field."""

from __future__ import annotations

from typing import Any


def fields(obj: dict[str, Any]) -> dict[str, Any]:
    """The managed fields of an object: all of it, but its identity."""
    meta = {
        key: item for key, item in (obj.get("metadata") or {}).items() if key in ("labels", "annotations")
    }
    rest = {key: item for key, item in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    return _owned({**rest, **({"metadata": meta} if meta else {})})


def entry(manager: str | None, operation: str, obj: dict[str, Any]) -> dict[str, Any]:
    """What managedFields says of a write."""
    return {"manager": manager, "operation": operation, "fieldsV1": fields(obj)}


def merge_patched(live: dict[str, Any], manager: str | None, patch: dict[str, Any]) -> dict[str, Any]:
    """An object after a merge patch, whose fields are the manager's then, beside their other owners."""
    merged: dict[str, Any] = merge(live, patch)
    entries = [*(live["metadata"].get("managedFields") or []), entry(manager, "Update", patch)]
    return {**merged, "metadata": {**merged["metadata"], "managedFields": entries}}


def _owned(value: dict[str, Any]) -> dict[str, Any]:
    return {f"f:{key}": _owned(item) if isinstance(item, dict) else {} for key, item in value.items()}


def leaves(fields: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [leaf for key, item in fields.items() if key != "." for leaf in leaves(item, (*path, key))]
    return found or ([path] if path else [])


def value(obj: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        obj = obj.get(step.removeprefix("f:")) if isinstance(obj, dict) else None
    return obj


def drop(obj: Any, path: tuple[str, ...]) -> None:
    holder = value(obj, path[:-1])
    if isinstance(holder, dict):
        holder.pop(path[-1].removeprefix("f:"), None)


def merge(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merge(old.get(key), item) for key, item in new.items()}}
    return new
