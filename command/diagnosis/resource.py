"""Which diagnosis fits a resource that the engine could not bring up."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from command.diagnosis.reader import Reader
from command.diagnosis.report import Diagnosis, diagnose_service, diagnose_workload
from command.engine.progress import Failure
from components.errors import PlatformError

_WORKLOADS = {
    "Deployment": "deployments.apps",
    "StatefulSet": "statefulsets.apps",
    "DaemonSet": "daemonsets.apps",
}
_NAMED_BY_GATE = re.compile(
    r"\b(InferenceService|Deployment) ([a-z0-9-]+)/([a-z0-9.-]+)", flags=re.IGNORECASE
)


class Diagnostician:
    """Looks at the cluster for a failure; says nothing where there is nothing to see."""

    def __init__(self, open_reader: Callable[[], AbstractContextManager[Reader]]) -> None:
        self._open = open_reader

    def __call__(self, failure: Failure) -> str:
        """The diagnosis of a failed resource, as text."""
        target = target_of(failure)
        if target is None:
            return ""
        kind, namespace, name = target
        try:
            with self._open() as reader:
                return str(look(reader, kind, namespace, name))
        except (PlatformError, OSError) as error:
            return f"  (the cluster cannot be asked: {str(error).splitlines()[0]})"


def target_of(failure: Failure) -> tuple[str, str, str] | None:
    """Kind, namespace and name of the object to look at; None where none is known.

    A gate is no object: it names what did not become ready in its own words.
    """
    kind = failure.resource.partition(" ")[0]
    namespace, _, name = failure.id.rpartition("/")
    if kind in {"InferenceService", *_WORKLOADS} and name:
        return kind, namespace, name
    if match := _NAMED_BY_GATE.search(failure.text):
        return match[1], match[2], match[3]
    return None


def look(reader: Reader, kind: str, namespace: str, name: str) -> Diagnosis:
    """Diagnose one object."""
    if kind == "InferenceService":
        return diagnose_service(reader, namespace, name)
    return diagnose_workload(reader, namespace, _WORKLOADS[kind], name)
