"""What is wrong with a pod, and which of its containers to listen to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from command.diagnosis.conditions import Object, condition, name_of

# What runs in a predictor's pod, in the order in which one waits for the other.
_LAST_TO_BLAME = "queue-proxy"


@dataclass(frozen=True)
class ContainerTrouble:
    """A container that is not ready.

    Attributes:
        name: `storage-initializer`, `kserve-container`, `queue-proxy`, ...
        reason: Kubelet's word: `ImagePullBackOff`, `CrashLoopBackOff`, `OOMKilled`, `Error`, `NotReady`.
        message: Kubelet's sentence; may be empty.
        previous: What it said is in the log of the run before this one.
        started: It ran at least once, so there is a log.
    """

    name: str
    reason: str
    message: str
    previous: bool
    started: bool


@dataclass(frozen=True)
class PodTrouble:
    """Why a pod is not ready.

    Attributes:
        pod: Its name.
        reason: A word.
        message: A sentence; may be empty.
        container: The container to listen to; None where none ever ran.
    """

    pod: str
    reason: str
    message: str
    container: ContainerTrouble | None


def pod_trouble(pod: Object) -> PodTrouble | None:
    """The first thing that keeps a pod from being ready; None where it is ready or has ended well."""
    name = name_of(pod)
    phase = pod.get("status", {}).get("phase")
    ready = condition(pod, "Ready")
    if phase == "Succeeded" or (ready and ready.true):
        return None
    if pod.get("metadata", {}).get("deletionTimestamp"):
        return PodTrouble(name, "Terminating", "it is being deleted", None)
    scheduled = condition(pod, "PodScheduled")
    if scheduled and not scheduled.true:
        return PodTrouble(name, scheduled.reason or "Unschedulable", scheduled.message, None)
    troubles = container_troubles(pod)
    if troubles:
        worst = troubles[0]
        return PodTrouble(name, worst.reason, worst.message, worst)
    return PodTrouble(name, ready.reason if ready else str(phase), ready.message if ready else "", None)


def container_troubles(pod: Object) -> list[ContainerTrouble]:
    """Containers that are not ready, the one to blame first.

    An init container comes first, because nothing else starts before it ends. Queue-proxy comes last: it is
    not ready while the model's own container is not.
    """
    status = pod.get("status", {})
    initial = [
        found
        for one in status.get("initContainerStatuses") or []
        if (found := _container(one, initial=True)) is not None
    ]
    if initial:
        return initial
    usual = [
        found
        for one in status.get("containerStatuses") or []
        if (found := _container(one, initial=False)) is not None
    ]
    return sorted(usual, key=lambda one: one.name == _LAST_TO_BLAME)


def _container(status: Mapping[str, Any], *, initial: bool) -> ContainerTrouble | None:
    name = str(status["name"])
    state = status.get("state") or {}
    restarts = int(status.get("restartCount") or 0)
    last = (status.get("lastState") or {}).get("terminated")
    ended = state.get("terminated")
    if ended:
        if ended.get("exitCode") == 0 and initial:
            return None
        return ContainerTrouble(name, _ending(ended), str(ended.get("message") or ""), False, True)
    if waiting := state.get("waiting"):
        reason = str(waiting.get("reason") or "Waiting")
        if reason == "PodInitializing":
            return None
        if last:
            reason = f"{reason}, {_ending(last)}"
        return ContainerTrouble(name, reason, str(waiting.get("message") or ""), restarts > 0, restarts > 0)
    if status.get("ready") and not initial:
        return None
    if initial:
        return ContainerTrouble(name, "Running", "it has not ended yet", False, True)
    reason = f"NotReady, {_ending(last)}" if last else "NotReady"
    return ContainerTrouble(name, reason, "its readiness probe does not pass yet", False, True)


def _ending(terminated: Mapping[str, Any]) -> str:
    reason = str(terminated.get("reason") or "Error")
    return reason if reason == "OOMKilled" else f"{reason} (exit code {terminated.get('exitCode')})"
