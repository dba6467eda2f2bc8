"""Objects in the shapes that a cluster gives, for tests: only what a diagnosis reads."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def condition(kind: str, status: str = "True", reason: str = "", message: str = "") -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def thing(name: str, *conditions: Object, generation: int = 1, **status: Any) -> Object:
    observed = {"observedGeneration": 1, "conditions": list(conditions), **status}
    return {"metadata": {"name": name, "generation": generation}, "status": observed}


def ready(name: str, **status: Any) -> Object:
    return thing(name, condition("Ready"), **status)


def waiting(name: str, reason: str, message: str = "", **status: Any) -> Object:
    return thing(name, condition("Ready", "Unknown", reason, message), **status)


def container(
    name: str, *, ready: bool = False, restarts: int = 0, last: Object | None = None, **state: Any
) -> Object:
    return {
        "name": name,
        "ready": ready,
        "restartCount": restarts,
        "state": state,
        "lastState": {"terminated": last} if last else {},
    }


def pod(name: str, *containers: Object, initial: tuple[Object, ...] = (), is_ready: bool = False) -> Object:
    status = "True" if is_ready else "False"
    return {
        "metadata": {"name": name},
        "status": {
            "phase": "Running" if is_ready else "Pending",
            "conditions": [condition("Ready", status, "" if is_ready else "ContainersNotReady")],
            "initContainerStatuses": list(initial),
            "containerStatuses": list(containers),
        },
    }
