"""A double of the API server's client: objects in a dictionary, refusals on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from machine.cache import Cache
from providers.kubeclient.client import ApiError
from providers.platform.resource import Call
from providers.platform.work import Work

Key = tuple[str, str, str]
_CRD = "CustomResourceDefinition"


class ApiDouble:
    """Behaves as `providers.platform.api.Api` does.

    Attributes:
        objects: (kind, namespace, name) -> live object.
        unserved: Kinds, as they stand in URLs, that are not served although their CRD is there.
        touched: Names of the objects that were touched.
        patience: How long each dry run was allowed to take.
        dry_run: Called with each manifest; raises what the server would refuse.
        on_look: Called before each question: tests let time pass there.
    """

    server = "https://double"

    def __init__(self, objects: Mapping[Key, dict[str, Any]] | None = None) -> None:
        self.objects = dict(objects or {})
        self.deleted: list[str] = []
        self.touched: list[str] = []
        self.unserved: set[str] = set()
        self.patience: list[int | None] = []
        self.dry_run: Callable[[Mapping[str, Any]], None] = lambda manifest: None
        self.on_look: Callable[[], None] = lambda: None

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        self.on_look()
        return self.objects.get((kind, namespace, name))

    def creatable(self, api_version: str) -> frozenset[str]:
        self.on_look()
        specs = [live["spec"] for (kind, _, _), live in self.objects.items() if kind == _CRD]
        served = {
            spec["names"]["plural"]
            for spec in specs
            for version in spec["versions"]
            if f"{spec['group']}/{version['name']}" == api_version and version["served"]
        }
        return frozenset(served - self.unserved)

    def list_objects(
        self, api_version: str, kind: str, namespace: str = "", **selectors: str
    ) -> list[dict[str, Any]]:
        self.on_look()
        return [live for (k, ns, _), live in self.objects.items() if (k, ns) == (kind, namespace)]

    def dry_run_create(self, body: Mapping[str, Any], seconds: int | None = None) -> None:
        self.on_look()
        self.patience.append(seconds)
        self.dry_run(body)

    def apply(self, body: Mapping[str, Any], *, manager: str) -> dict[str, Any]:
        established = {"type": "Established", "status": "True"}
        live = {**body, "status": {"conditions": [established]}}
        self.objects[(body["kind"], "", body["metadata"]["name"])] = live
        return live

    def touch(self, api_version: str, kind: str, name: str) -> None:
        self.touched.append(name)

    def delete(self, api_version: str, kind: str, name: str) -> None:
        self.deleted.append(name)
        self.objects.pop((kind, "", name), None)


def call(
    api: ApiDouble,
    root: Path = Path("/nonexistent"),
    notes: list[str] | None = None,
    warnings: list[str] | None = None,
) -> Call:
    """One call of the engine, with a double behind it."""
    told: list[str] = [] if notes is None else notes
    warned: list[str] = [] if warnings is None else warnings
    work = Work(Cache(root), told.append, threading.Event(), warned.append)
    return Call(work, lambda: api)  # type: ignore[arg-type, return-value]


def refusal(message: str, reason: str = "InternalError") -> ApiError:
    """What the API server says when a webhook does not answer."""
    return ApiError(500, reason, message)
