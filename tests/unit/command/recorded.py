"""Engine events in the shape that Pulumi 3.250 writes, for tests: only what varies is given."""

from __future__ import annotations

import json
from typing import Any

STACK = "urn:pulumi:local::kserve-platform::pulumi:pulumi:Stack::kserve-platform-local"
_PREFIX = "urn:pulumi:local::kserve-platform::"


def layer_urn(name: str) -> str:
    return f"{_PREFIX}kserve-platform:layer:{name}::{name.lower()}"


def object_urn(layer: str, kind: str, name: str) -> str:
    return f"{_PREFIX}kserve-platform:layer:{layer}${kind}::{name}"


def _event(key: str, urn: str, kind: str, operation: str, parent: str, **state: Any) -> str:
    now = {"type": kind, "urn": urn, "parent": parent, "id": "", "inputs": {}, "outputs": {}, **state}
    old = None if operation == "create" else now
    new = None if operation == "delete" else now
    metadata = {"op": operation, "urn": urn, "type": kind, "old": old, "new": new, "detailedDiff": None}
    return json.dumps({"sequence": 1, "timestamp": 1795255158, key: {"metadata": metadata}})


def stack(operation: str = "same", *, ended: bool = False, outputs: dict[str, Any] | None = None) -> str:
    key = "resOutputsEvent" if ended else "resourcePreEvent"
    return _event(key, STACK, "pulumi:pulumi:Stack", operation, "", outputs=outputs or {})


def layer(name: str, operation: str = "create", *, ended: bool = False) -> str:
    key = "resOutputsEvent" if ended else "resourcePreEvent"
    return _event(key, layer_urn(name), f"kserve-platform:layer:{name}", operation, STACK)


def thing(
    layer_name: str,
    kind: str,
    name: str,
    operation: str = "create",
    *,
    key: str = "resourcePreEvent",
    identity: str = "",
) -> str:
    urn = object_urn(layer_name, kind, name)
    return _event(key, urn, kind, operation, layer_urn(layer_name), custom=True, id=identity)


def begun(layer_name: str, kind: str, name: str, operation: str = "create") -> str:
    return thing(layer_name, kind, name, operation)


def ended(layer_name: str, kind: str, name: str, operation: str = "create") -> str:
    return thing(layer_name, kind, name, operation, key="resOutputsEvent")


def failed(layer_name: str, kind: str, name: str, operation: str = "create", identity: str = "") -> str:
    return thing(layer_name, kind, name, operation, key="resOpFailedEvent", identity=identity)


def said(severity: str, text: str, urn: str = "", *, ephemeral: bool = False) -> str:
    event = {"prefix": f"{severity}: ", "message": f"{text}\n", "color": "never", "severity": severity}
    if urn:
        event["urn"] = urn
    return json.dumps({"sequence": 1, "timestamp": 1, "diagnosticEvent": {**event, "ephemeral": ephemeral}})


def summary(**changes: int) -> str:
    event = {"maybeCorrupt": False, "durationSeconds": 3, "resourceChanges": changes, "result": "succeeded"}
    return json.dumps({"sequence": 1, "timestamp": 1, "summaryEvent": event})


def provider(urn: str) -> str:
    """An explicit provider, which stands directly below the stack."""
    kind = "pulumi:providers:kubernetes"
    return _event("resourcePreEvent", urn, kind, "create", STACK, custom=True)


def violation(policy: str, kind: str, name: str, message: str, *, level: str = "mandatory") -> str:
    told = {
        "resourceUrn": f"{_PREFIX}{kind}::{name}",
        "message": f"{message}\n",
        "color": "never",
        "policyName": policy,
        "policyPackName": "kserve-platform",
        "enforcementLevel": level,
        "severity": "high",
    }
    return json.dumps({"sequence": 1, "timestamp": 1795255158, "policyEvent": told})
