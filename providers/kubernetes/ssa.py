"""Field ownership: what must be handed over before an apply, and given back when a Patch goes (S8)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from providers.kubernetes import paths
from providers.kubernetes.objects import Object, ObjectId, kind_of, metadata_of

_CREATORS: Final = frozenset({"pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"})
_FIRST_APPLY: Final = "before-first-apply"


def folded(live: Object, manager: str) -> list[Object] | None:
    """Return managedFields with the entries of other clients of the same user under our name; None if none.

    Without it a field that leaves the program never leaves the object: its creation belongs to the manager
    `pulumi-kubernetes`, and kubectl's own apply to kubectl.
    """
    entries: list[Object] = metadata_of(live).get("managedFields") or []
    ours = [entry for entry in entries if _is_foldable(entry)]
    if not ours:
        return None
    kept = [entry for entry in entries if not _is_foldable(entry)]
    own = next((entry for entry in kept if _is_apply_of(entry, manager)), None)
    merged = dict(own or {**ours[0], "manager": manager, "operation": "Apply"})
    merged.pop("subresource", None)
    fields: Object = dict(merged.get("fieldsV1") or {})
    for entry in ours:
        fields = _union(fields, entry.get("fieldsV1") or {})
    merged["fieldsV1"] = fields
    return [merged, *(entry for entry in kept if entry is not own)]


def relinquished(live: Object, manager: str) -> list[Object] | None:
    """Return managedFields without our entry; None if there is none."""
    entries: list[Object] = metadata_of(live).get("managedFields") or []
    kept = [entry for entry in entries if not _is_apply_of(entry, manager)]
    return None if len(kept) == len(entries) else kept


def replace_managed_fields(live: Object, entries: Sequence[Object]) -> list[Object]:
    """Return the JSON patch that sets managedFields, if nobody was faster."""
    version = metadata_of(live).get("resourceVersion")
    return [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/metadata/managedFields", "value": list(entries) or [{}]},
    ]


def is_foldable_manager(name: str) -> bool:
    """Whether a real update would take over the fields of a manager."""
    return name in _CREATORS or name == _FIRST_APPLY or name.startswith("kubectl")


def relinquishing(live: Object) -> Object:
    """Return the object to apply so that all our fields are given back: it names the object and nothing else.

    The uid makes the apply fail, instead of creating an empty object, where somebody deletes it at this
    moment.
    """
    api_version, kind = kind_of(live)
    namespace, name = ObjectId.of(live)
    meta = {
        "name": name,
        "uid": metadata_of(live).get("uid"),
        **({"namespace": namespace} if namespace else {}),
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": meta}


def keep_ignored(news: Object, live: Object, ignored: Sequence[str], manager: str) -> Object:
    """Return inputs that leave ignored fields as they are.

    A field that somebody else owns is left out; one that is ours, or nobody's, keeps its live value, for
    to leave it out would take it away.
    """
    result: Object = json.loads(json.dumps(news))
    others = [
        entry.get("fieldsV1") or {}
        for entry in metadata_of(live).get("managedFields") or []
        if not (_is_foldable(entry) or _is_apply_of(entry, manager))
    ]
    for text in ignored:
        for path in _matching(paths.parse(text), live, result):
            missing = object()
            value = _get(live, path, missing)
            foreign = any(_owns(fields, path, live) for fields in others)
            if value is missing or foreign:
                _remove(result, path)
            else:
                _set(result, path, value)
    return result


def _is_foldable(entry: Object) -> bool:
    manager = str(entry.get("manager"))
    if entry.get("subresource"):
        return False
    return (
        manager.startswith("kubectl") if entry.get("operation") == "Apply" else is_foldable_manager(manager)
    )


def _is_apply_of(entry: Object, manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply"


def _union(left: Object, right: Object) -> Object:
    result = dict(left)
    for key, item in right.items():
        result[key] = _union(result[key], item) if key in result else item
    return result


def _matching(pattern: paths.Path, *roots: Object) -> Iterator[paths.Path]:
    """Yield the places that a path with wildcards names in any of the objects."""
    if paths.ANY not in pattern:
        yield pattern
        return
    at = pattern.index(paths.ANY)
    sizes = [len(found) for root in roots if isinstance(found := _get(root, pattern[:at], None), list)]
    for index in range(max(sizes, default=0)):
        yield from _matching((*pattern[:at], index, *pattern[at + 1 :]), *roots)


def _get(root: Any, path: paths.Path, default: Any) -> Any:
    for step in path:
        if isinstance(root, dict) and step in root:
            root = root[str(step)]
        elif isinstance(root, list) and isinstance(step, int) and step < len(root):
            root = root[step]
        else:
            return default
    return root


def _set(root: Any, path: paths.Path, value: Any) -> None:
    for step, following in pairwise(path):
        if isinstance(root, dict):
            root = root.setdefault(str(step), [] if isinstance(following, int) else {})
        elif isinstance(root, list) and isinstance(step, int) and step < len(root):
            root = root[step]
        else:
            return
    last = path[-1]
    if isinstance(root, dict):
        root[str(last)] = value
    elif isinstance(root, list) and isinstance(last, int) and last < len(root):
        root[last] = value


def _remove(root: Any, path: paths.Path) -> None:
    holder = _get(root, path[:-1], None)
    if isinstance(holder, dict):
        holder.pop(str(path[-1]), None)


def _owns(fields: Object, path: paths.Path, live: Any) -> bool:
    """Whether an entry of managedFields names the field at `path`, or one below it."""
    for step in path:
        if isinstance(step, int):
            item = live[step] if isinstance(live, list) and step < len(live) else None
            key = next((key for key in fields if _names_item(key, item)), None)
            live = item
        else:
            key = f"f:{step}" if f"f:{step}" in fields else None
            live = live.get(step) if isinstance(live, dict) else None
        if key is None:
            return False
        fields = fields[key]
    return True


def _names_item(key: str, item: Any) -> bool:
    if key.startswith("v:"):
        return bool(json.loads(key[2:]) == item)
    if not key.startswith("k:") or not isinstance(item, dict):
        return False
    return all(item.get(name) == value for name, value in json.loads(key[2:]).items())
