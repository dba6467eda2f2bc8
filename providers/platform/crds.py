"""CrdSet: every CustomResourceDefinition of one component, as one small resource."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from components.errors import PlatformError
from providers.kubeclient.client import ApiError
from providers.platform.api import MANAGER, Object
from providers.platform.fields import Fields, read_all
from providers.platform.gate.served import served_checks
from providers.platform.gate.wait import await_checks
from providers.platform.resource import Call, Difference, Found, Resource, Values

_VERSION, _KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
_AT_ONCE = 8
# Five seconds on two cores; over two minutes where sixty processes shared them (soaked).
_SECONDS = 300.0
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class CrdSet(Resource):
    """CRDs out of a rendered file, applied server-side and served; read back by hash."""

    computed = ("established",)

    def check(self, inputs: Mapping[str, Any]) -> Values:
        return read_all({name: value for name, value in inputs.items() if value is not None}, _checked)

    def diff(self, call: Call, identity: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
        found = super().diff(call, identity, old, new)
        # The file's place follows from its content; only the content counts.
        return Difference(tuple(name for name in found.changed if name != "path"))

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        return str(inputs["component"]), self._apply(call, inputs)

    def update(self, call: Call, identity: str, old: Values, new: Values, outputs: Values) -> Values:
        applied = self._apply(call, new)
        self._remove(call, new, [name for name in old["names"] if name not in new["names"]])
        return applied

    def read(self, call: Call, identity: str, inputs: Values, outputs: Values) -> Found | None:
        api = call.connect()
        live = _side_by_side(lambda name: api.get(_VERSION, _KIND, "", name), inputs["names"])
        there = [name for name, crd in zip(inputs["names"], live, strict=True) if crd is not None]
        if not there:
            return None
        hashes = {name: managed_hash(crd) for name, crd in zip(inputs["names"], live, strict=True) if crd}
        if hashes == outputs.get("hashes"):
            return Found(inputs, outputs)
        # Somebody removed or changed one: a digest that no file has makes the next update apply them again.
        return Found({**inputs, "sha256": ""}, {**outputs, "established": there, "hashes": hashes})

    def delete(self, call: Call, identity: str, inputs: Values, outputs: Values) -> None:
        self._remove(call, inputs, inputs["names"])

    def _apply(self, call: Call, inputs: Values) -> Values:
        crds = read_file(call.work.cache.root, inputs)
        api = call.connect()
        call.work.note(f"applying {len(crds)} CRDs")
        try:
            applied = _side_by_side(lambda crd: api.apply(crd, manager=MANAGER), crds)
        except ApiError as error:
            raise PlatformError.single(
                f"The API server refused a CRD of {inputs['component']} {inputs['version']}",
                why=error.message,
            ) from None
        names = [str(crd["metadata"]["name"]) for crd in crds]
        late = f"The kinds of {inputs['component']} {inputs['version']} were not served"
        await_checks(call.work, api, served_checks(crds), call.seconds or _SECONDS, late)
        hashes = {crd["metadata"]["name"]: managed_hash(crd) for crd in applied}
        return {"established": sorted(names), "hashes": hashes}

    def _remove(self, call: Call, inputs: Values, names: list[str]) -> None:
        if inputs["keepOnDelete"] or not names:
            return
        api = call.connect()
        _side_by_side(lambda name: api.delete(_VERSION, _KIND, name), names)


def read_file(root: Path, inputs: Mapping[str, Any]) -> list[Object]:
    """The CRDs of a set, out of its file below the cache.

    Raises:
        PlatformError: The file is gone, or is not what its digest says.
    """
    file = root / inputs["path"]
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise PlatformError.single(
            f"The rendered CRDs of {inputs['component']} are gone",
            seen=str(file),
            why="The cache was cleaned since the program read them.",
            fix="Run the command again: it renders them anew.",
        ) from None
    if hashlib.sha256(data).hexdigest() != inputs["sha256"]:
        raise PlatformError.single(
            f"The rendered CRDs of {inputs['component']} were changed",
            seen=str(file),
            why="Their digest is not the one in the program's plan.",
            fix="Remove the file's folder and run the command again: it renders them anew.",
        )
    crds: list[Object] = json.loads(data)["items"]
    names = sorted(str(crd["metadata"]["name"]) for crd in crds)
    if names != sorted(inputs["names"]):
        raise PlatformError.single(
            f"The rendered CRDs of {inputs['component']} are not the ones announced",
            seen=", ".join(sorted(set(names) ^ set(inputs["names"]))),
        )
    return crds


def managed_hash(crd: Mapping[str, Any]) -> str:
    """Digest of a live CRD's spec, labels and annotations.

    Not of conversion's CA bundle: cert-manager's injector writes that after us, each time it renews.
    """
    spec = json.loads(json.dumps(crd["spec"]))
    client = spec.get("conversion", {}).get("webhook", {}).get("clientConfig", {})
    client.pop("caBundle", None)
    metadata = crd["metadata"]
    rows = [spec, metadata.get("labels") or {}, metadata.get("annotations") or {}]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def _side_by_side(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(work, items))


def _checked(fields: Fields) -> Values:
    fields.only("component", "version", "path", "sha256", "names", "keepOnDelete")
    values: Values = {
        "component": fields.text("component", r"[a-z0-9-]+", "the name of a component"),
        "version": fields.text("version", r"\S+", "a version"),
        "path": fields.text("path", r"[^/].*", "a path below the cache"),
        "sha256": fields.text("sha256", r"[0-9a-f]{64}", "64 hexadecimal digits"),
        "names": sorted(fields.text_list("names")),
        "keepOnDelete": fields.flag("keepOnDelete", default=True),
    }
    if ".." in PurePosixPath(values["path"]).parts:
        fields.refuse("path", "must stay below the cache")
    if not values["names"]:
        fields.refuse("names", "must name at least one CRD")
    return values
