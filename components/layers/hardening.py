"""What upstream's containers may do: no more than their work takes. Edits, each a pure function."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from components.layers.objects import Manifest

_RUNTIMES = frozenset({"ServingRuntime", "ClusterServingRuntime"})
_UNPRIVILEGED: Mapping[str, Any] = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}
# The image that KServe 0.20.0 ships runs as root and has no user besides. Any user can run it that has a name
# and a home it may write to: torch asks for the one (getpass), caches of kernels go to the other. The user is
# the one that vLLM's images have since its pull request 40275, after 0.20.0; group 0 can write to its home.
_VLLM_ENV = {"USER": "vllm", "LOGNAME": "vllm", "HOME": "/tmp"}  # noqa: S108  # the container's own
_SECURITY: Mapping[str, Mapping[str, Any]] = {
    # Its image runs as user 1000 (python/huggingface_server.Dockerfile); the runtime for one node says so.
    "kserve-huggingfaceserver-multinode": _UNPRIVILEGED,
    "kserve-vllmserver": {**_UNPRIVILEGED, "runAsUser": 2000, "runAsGroup": 0},
}
_ENV: Mapping[str, Mapping[str, str]] = {"kserve-vllmserver": _VLLM_ENV}


def confined(manifest: Manifest) -> Manifest:
    """Close the system calls to every container that no server needs, where upstream leaves all open.

    KServe does so for its controller and for none of the runtimes, Istio's chart for nothing. It is a setting
    of the container and not of the pod: Knative takes a pod's only behind a feature flag.
    """
    changed = copy.deepcopy(manifest)
    for pod in _pods(changed):
        if pod.get("securityContext", {}).get("seccompProfile"):
            continue
        for container in _containers(pod):
            container.setdefault("securityContext", {}).setdefault(
                "seccompProfile", {"type": "RuntimeDefault"}
            )
    return changed


def unprivileged(manifest: Manifest) -> Manifest:
    """Run the runtimes as a user without rights that upstream runs as whoever the image says."""
    name = manifest["metadata"]["name"]
    if manifest["kind"] not in _RUNTIMES or name not in _SECURITY:
        return manifest
    changed = copy.deepcopy(manifest)
    for pod in _pods(changed):
        for container in _containers(pod):
            container["securityContext"] = {
                **container.get("securityContext", {}),
                **copy.deepcopy(dict(_SECURITY[name])),
            }
            given = {variable["name"] for variable in container.get("env", ())}
            added = [{"name": key, "value": value} for key, value in _ENV.get(name, {}).items()]
            if new := [variable for variable in added if variable["name"] not in given]:
                container["env"] = [*container.get("env", ()), *new]
    return changed


def _pods(manifest: Manifest) -> Iterator[dict[str, Any]]:
    kind = manifest["kind"]
    if kind in {"Deployment", "Job"}:
        yield manifest["spec"]["template"]["spec"]
    elif kind in _RUNTIMES:
        yield manifest["spec"]
        if "workerSpec" in manifest["spec"]:
            yield manifest["spec"]["workerSpec"]


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", ()), *pod.get("containers", ())]
