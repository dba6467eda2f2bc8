"""Why pods are not ready, in words: the cause of nearly every failed rollout is there and nowhere else
(R7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from providers.kubernetes.objects import Object, metadata_of
from providers.kubernetes.waiting.verdict import READY, Look, Verdict, condition, is_true, selector_text, told

_HOPELESS: Final = frozenset(
    {"ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "ImageInspectError"}
)
_MOST: Final = 5


def judge_pod(pod: Object, look: Look) -> Verdict:
    """A Pod is ready when its condition says so, or when it has run to its end."""
    phase = (pod.get("status") or {}).get("phase")
    name = metadata_of(pod).get("name")
    if phase == "Succeeded" or is_true(pod, "Ready"):
        return READY
    if phase == "Failed":
        return Verdict(failure=f"'{name}' has failed", reasons=explain([pod]), status="Pod has failed")
    return Verdict(
        status=f"Waiting for Pod to be ready ({phase or 'Pending'})",
        reasons=explain([pod]),
        alarms=alarms([pod]),
    )


def pods_of(obj: Object, look: Look) -> list[Object]:
    """The pods that an object's selector names."""
    selector = selector_text((obj.get("spec") or {}).get("selector"))
    if selector is None:
        return []
    return look("v1", "Pod", metadata_of(obj).get("namespace") or "", labelSelector=selector)


def explain(pods: Iterable[Object]) -> list[str]:
    """What is wrong with pods, one line each, without doubles, newest pods last."""
    lines: dict[str, None] = {}
    for pod in sorted(pods, key=lambda one: str(metadata_of(one).get("creationTimestamp"))):
        if is_true(pod, "Ready") or (pod.get("status") or {}).get("phase") == "Succeeded":
            continue
        text = _pod_text(pod)
        if text:
            lines[f"[Pod {_shown(pod)}]: {text}"] = None
    return list(lines)[-_MOST:]


def alarms(pods: Iterable[Object]) -> list[str]:
    """What no waiting will heal: images that may not be pulled, configurations that do not exist."""
    found: dict[str, None] = {}
    for pod in pods:
        for container in _containers(pod):
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in _HOPELESS:
                found[f'container "{container.get("name")}": {told(waiting)}'] = None
    return list(found)


def _pod_text(pod: Object) -> str:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason')}: {scheduled.get('message')}"
    unready = condition(pod, "ContainersReady") or condition(pod, "Ready")
    head = str(unready.get("message") or "") if unready.get("status") == "False" else ""
    return head + "\n".join(text for container in _containers(pod) for text in _container_texts(container))


def _containers(pod: Object) -> Iterator[Object]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or []
    yield from status.get("containerStatuses") or []


def _container_texts(container: Object) -> Iterator[str]:
    state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated")
    name = container.get("name")
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    if waiting.get("reason") and waiting["reason"] not in {"ContainerCreating", "PodInitializing"}:
        yield told(waiting)
    if ended and ended.get("exitCode"):
        yield f'container "{name}" completed with exit code {ended["exitCode"]}'
        if ended.get("message"):
            yield f'container "{name}": {_last_line(ended["message"])}'
    if last:
        yield (
            f'container "{name}" terminated at {last.get("finishedAt")} '
            f"({last.get('reason')}: exit code {last.get('exitCode')})"
        )


def _last_line(text: Any) -> str:
    return (str(text).strip().splitlines() or [""])[-1]


def _shown(pod: Object) -> str:
    meta = metadata_of(pod)
    return f"{meta.get('namespace')}/{meta.get('name')}"
