"""What the cluster held beside the object when a failure was recorded: pods, made up after their reasons."""

from __future__ import annotations

from typing import Any

_NEVER = {
    "waiting": {
        "reason": "ErrImageNeverPull",
        "message": 'Container image "docker.io/library/missing:1" is not present with pull policy of Never',
    }
}


def pod(
    name: str, state: dict[str, Any], last: dict[str, Any] | None = None, message: str = ""
) -> dict[str, Any]:
    """A pod with one container that is not ready."""
    unready = {"type": "ContainersReady", "status": "False", "message": message}
    container = {"name": "c", "ready": False, "state": state, "lastState": last or {}}
    return {
        "metadata": {"name": name, "namespace": "fx-err"},
        "status": {"phase": "Running", "conditions": [unready], "containerStatuses": [container]},
    }


def _ended(code: int) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": "Error", "finishedAt": "2026-01-01T00:00:00Z"}}


_UNREADY = "containers with unready status: [c]"
_IMAGE = pod("p-0000000000-xxxxx", _NEVER, message=_UNREADY)
_CRASH = pod("p-0", _ended(1), _ended(1), _UNREADY)
_FAILED = pod("p-xxxxx", _ended(3), message=_UNREADY)
PODS: dict[str, list[dict[str, Any]]] = {
    "errors/cancel-in-rollout": [_IMAGE],
    "errors/custom-timeout-of-the-request": [_IMAGE],
    "errors/daemonset-bad-image": [_IMAGE],
    "errors/deployment-bad-image": [_IMAGE],
    "errors/update-deployment-bad-image": [_IMAGE],
    "errors/deployment-crash": [_CRASH],
    "errors/statefulset-crash": [_CRASH],
    "errors/deployment-progress-deadline": [pod("p-0000000000-xxxxx", {}, message=_UNREADY)],
    "errors/job-failed": [_FAILED],
    "errors/job-failed-replaceunready": [_FAILED],
    "errors/job-failed-read": [_FAILED],
    "crud/deployment.8-read-after-drift": [pod("dep-0000000000-xxxxx", {}, message=_UNREADY)],
}
