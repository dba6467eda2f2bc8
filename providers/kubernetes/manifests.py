"""Manifests as resources: what yaml.v2 registers, under which names, and what has to wait for what. Pure."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from providers.kubernetes import schema, yaml_documents
from providers.kubernetes.objects import SKIP_AWAIT, Object, ObjectId, annotations_of, kind_of, metadata_of
from providers.rpc import RpcError

_REMOTE: Final = ("http://", "https://")


@dataclass(frozen=True)
class Child:
    """One object of a component.

    Attributes:
        type: The resource type: `kubernetes:core/v1:ConfigMap`.
        name: The resource's name: `PREFIX:NAMESPACE/NAME`.
        inputs: The object.
        needs: Indices of the children that must exist before it: its Namespace, the CRD of its kind.
    """

    type: str
    name: str
    inputs: Object
    needs: tuple[int, ...] = field(default=())


def read_files(paths: Sequence[str]) -> str:
    """Return the contents of files, or of all that a pattern names, as one text of several documents.

    Raises:
        RpcError: A file is on the network, or is not there.
    """
    texts: list[str] = []
    for path in paths:
        if path.startswith(_REMOTE):
            raise RpcError(
                f"{path}: manifests from the network are not supported by this stand-in for the official "
                "Kubernetes plugin; download the file, check it, and give its path"
            )
        found = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else [path]  # noqa: PTH207
        if not found:
            raise RpcError(f"{path}: no file has this name")
        try:
            texts += [Path(one).read_text(encoding="utf-8") for one in found]
        except OSError as error:
            raise RpcError(f"{error.filename}: {error.strerror}") from error
    return "\n---\n".join(texts)


def expand(objects: Sequence[Object]) -> list[Object]:
    """Return the objects with lists replaced by their items.

    Raises:
        RpcError: One of them has no apiVersion, kind or name.
    """
    flat: list[Object] = []
    for obj in objects:
        if obj.get("kind") == "List" or isinstance(obj.get("items"), list):
            flat += expand(obj.get("items") or [])
            continue
        api_version, kind = kind_of(obj)
        if not api_version or not kind:
            raise RpcError("Kubernetes resources require a kind and apiVersion: " + ", ".join(sorted(obj)))
        if not metadata_of(obj).get("name"):
            raise RpcError(f"{kind}: objects in YAML need metadata.name")
        flat.append(obj)
    return flat


def plan(objects: Sequence[Object], prefix: str, namespace: str, *, skip_await: bool) -> list[Child]:
    """Return the children of a component, those that others need first.

    Args:
        objects: The objects, lists expanded.
        prefix: What their names begin with.
        namespace: The namespace of those that name none, though their kind has one.
        skip_await: Whether none of them is waited for.
    """
    scopes = _declared_scopes(objects)
    placed = sorted((_placed(obj, namespace, scopes) for obj in objects), key=_rank)
    providers = _what_provides(placed)
    children: list[Child] = []
    for index, obj in enumerate(placed):
        api_version, kind = kind_of(obj)
        group = "core/v1" if api_version == "v1" else api_version
        wanted = (("namespace", metadata_of(obj).get("namespace")), ("kind", f"{api_version}/{kind}"))
        needs = tuple(sorted({providers[key] for key in wanted if key in providers} - {index}))
        inputs = _without_wait(obj) if skip_await else obj
        name = f"{prefix}:{ObjectId.of(obj)}"
        children.append(Child(f"kubernetes:{group}:{kind}", name, inputs, needs))
    return children


def parse(text: str) -> list[Object]:
    """Return the objects of a text, lists expanded."""
    return expand(yaml_documents.load(text))


def _declared_scopes(objects: Sequence[Object]) -> dict[tuple[str, str], bool]:
    """Which kinds of the CRDs among the objects are namespaced."""
    scopes: dict[tuple[str, str], bool] = {}
    for obj in objects:
        if kind_of(obj)[1] == "CustomResourceDefinition":
            spec = obj.get("spec") or {}
            for version in spec.get("versions") or []:
                key = (
                    f"{spec.get('group')}/{version.get('name')}",
                    str((spec.get("names") or {}).get("kind")),
                )
                scopes[key] = spec.get("scope") != "Cluster"
    return scopes


def _placed(obj: Object, namespace: str, scopes: Mapping[tuple[str, str], bool]) -> Object:
    key = kind_of(obj)
    known = schema.built_in(*key)
    namespaced = known.namespaced if known is not None else scopes.get(key, True)
    if not namespaced or metadata_of(obj).get("namespace"):
        return obj
    return {**obj, "metadata": {**metadata_of(obj), "namespace": namespace}}


def _rank(obj: Object) -> int:
    kind = kind_of(obj)[1]
    return {"Namespace": 0, "CustomResourceDefinition": 1}.get(kind, 2)


def _what_provides(objects: Sequence[Object]) -> dict[tuple[str, Any], int]:
    found: dict[tuple[str, Any], int] = {}
    for index, obj in enumerate(objects):
        if kind_of(obj) == ("v1", "Namespace"):
            found["namespace", metadata_of(obj).get("name")] = index
        for api_version, kind in _declared_scopes([obj]):
            found["kind", f"{api_version}/{kind}"] = index
    return found


def _without_wait(obj: Object) -> Object:
    meta = metadata_of(obj)
    return {**obj, "metadata": {**meta, "annotations": {**annotations_of(obj), SKIP_AWAIT: "true"}}}
