"""Reading a cluster for a diagnosis: `kubectl` with a kubeconfig that exists only meanwhile."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command.diagnosis.chain import Chain
from machine.process import CommandFailed, run

_SECONDS = 15.0
_LOG_LINES = 20

Object = dict[str, Any]
Run = Callable[[Sequence[str]], str]
"""Runs kubectl with arguments and returns its output; raises CommandFailed."""


@dataclass(frozen=True)
class Reader:
    """Reads objects, events and logs; what is not there, or not readable now, is simply absent."""

    kubectl: Run

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """One object."""
        found = self._json("get", resource, name, *_in(namespace))
        return found or None

    def every(self, resource: str, namespace: str = "", selector: str = "") -> list[Object]:
        """Objects of a kind; of every namespace where none is given."""
        where = _in(namespace) or ["--all-namespaces"]
        which = ["--selector", selector] if selector else []
        return list(self._json("get", resource, *where, *which).get("items") or [])

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool) -> str:
        """The last lines of one container."""
        before = ["--previous"] if previous else []
        lines = [f"--tail={_LOG_LINES}", "--container", container]
        try:
            return self.kubectl(["logs", pod, *_in(namespace), *lines, *before])
        except CommandFailed:
            return ""

    def events(self, namespace: str, name: str) -> list[Object]:
        """Events of an object, oldest first."""
        found = self._json(
            "get", "events", *_in(namespace), "--field-selector", f"involvedObject.name={name}"
        )
        return sorted(found.get("items") or [], key=_when)

    def chain(self, namespace: str, name: str) -> Chain:
        """Everything behind an InferenceService."""
        service = self.get("inferenceservices.serving.kserve.io", namespace, name)
        predictor = f"{name}-predictor"
        if service is None:
            return Chain(name, None)
        if _is_standard(service):
            deployment = self.get("deployments.apps", namespace, predictor)
            pods = self.every("pods", namespace, f"app=isvc.{predictor}")
            return Chain(name, service, deployment=deployment, pods=pods, standard=True)
        knative = self.get("services.serving.knative.dev", namespace, predictor)
        configuration = self.get("configurations.serving.knative.dev", namespace, predictor)
        newest = (configuration or {}).get("status", {}).get("latestCreatedRevisionName")
        if not newest:
            return Chain(name, service, knative, configuration)
        return Chain(
            name,
            service,
            knative,
            configuration,
            self.get("revisions.serving.knative.dev", namespace, newest),
            self.get("deployments.apps", namespace, f"{newest}-deployment"),
            self.every("pods", namespace, f"serving.knative.dev/revision={newest}"),
        )

    def _json(self, *arguments: str) -> Object:
        try:
            found = json.loads(self.kubectl([*arguments, "--output=json", "--ignore-not-found"]) or "{}")
        except (CommandFailed, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


@contextmanager
def reading(
    kubeconfig: str, prefix: Callable[..., list[str]], program: Path, *, context: str = ""
) -> Iterator[Reader]:
    """Open a reader of a cluster.

    Args:
        kubeconfig: Content of a kubeconfig; written to a file that only its owner can read, for the while.
        prefix: Turns a command into one that runs where the cluster's network is.
        program: The kubectl to run.
        context: Context of the kubeconfig; its current one by default.
    """
    descriptor, name = tempfile.mkstemp(prefix="kubeconfig-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(kubeconfig)
        chosen = ["--context", context] if context else []

        def kubectl(arguments: Sequence[str]) -> str:
            options = ["--kubeconfig", name, "--request-timeout=10s", *chosen]
            return run(prefix(program, *options, *arguments), timeout=_SECONDS).output

        yield Reader(kubectl)
    finally:
        Path(name).unlink(missing_ok=True)


def _in(namespace: str) -> list[str]:
    return ["--namespace", namespace] if namespace else []


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def _is_standard(service: Object) -> bool:
    annotations = service.get("metadata", {}).get("annotations") or {}
    wished = annotations.get("serving.kserve.io/deploymentMode")
    mode = service.get("status", {}).get("deploymentMode") or wished
    return mode in {"Standard", "RawDeployment"}
