"""A diagnosis as text: the chain, the first broken link, its events, the last words of its container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from command.diagnosis.chain import Link, first_broken, pod_links, walk
from command.diagnosis.chain import link as judge
from command.diagnosis.reader import Reader

_MARKS = {"ready": "✓", "not ready": "✗", "absent": "·"}
_MOST_EVENTS = 5
_PULL = "The image cannot be pulled from here: set images: build in the stack's cluster settings."
_ADVICE = {
    "ErrImageNeverPull": "The image is not on the node: `make images` lists what is.",
    "ErrImagePull": _PULL,
    "ImagePullBackOff": _PULL,
    "OOMKilled": "The container needs more memory: raise resources.limits.memory of the service.",
    "Unschedulable": "No node has room: lower the requests, take other services down, or add a node.",
    "CreateContainerConfigError": "A Secret or ConfigMap that the container names is missing.",
}


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        links: The chain, top first.
        broken: The first broken link; None where all is well.
        events: Its last events, oldest first.
        said: The last lines of its container.
        container: Whose lines they are.
    """

    links: Sequence[Link]
    broken: Link | None
    events: Sequence[str] = field(default_factory=tuple)
    said: str = ""
    container: str = ""

    def __str__(self) -> str:
        rows = [_row(one) for one in self.links]
        if self.broken is None:
            return "\n".join(rows)
        name = f"{self.broken.kind} {self.broken.name}".strip()
        rows += ["", f"First broken link: {name}{_state(self.broken)}"]
        if self.events:
            rows += ["Events:", *(f"  {event}" for event in self.events)]
        if self.said:
            lines = self.said.rstrip().splitlines()
            rows += [f"Last lines of {self.container}:", *(f"  {line}" for line in lines)]
        if advice := advise(self.broken):
            rows.append(advice)
        return "\n".join(rows)


def advise(broken: Link) -> str:
    """What to do about a well-known reason; nothing for others."""
    words = broken.reason.replace(",", " ").split()
    return next((_ADVICE[word] for word in words if word in _ADVICE), "")


def diagnose_service(reader: Reader, namespace: str, name: str) -> Diagnosis:
    """Walk from an InferenceService down."""
    return _complete(reader, namespace, walk(reader.chain(namespace, name)))


def diagnose_workload(reader: Reader, namespace: str, resource: str, name: str) -> Diagnosis:
    """Look at a Deployment, StatefulSet or DaemonSet and its pods.

    Args:
        reader: Reads the cluster.
        namespace: Its namespace.
        resource: `deployments.apps`, ...
        name: Its name.
    """
    thing = reader.get(resource, namespace, name)
    kind = resource.partition(".")[0].removesuffix("s").capitalize()
    links = [judge(kind, name, thing, "Available")]
    labels = ((thing or {}).get("spec", {}).get("selector") or {}).get("matchLabels") or {}
    if labels:
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        links += pod_links(reader.every("pods", namespace, selector))
    return _complete(reader, namespace, links)


def _complete(reader: Reader, namespace: str, links: Sequence[Link]) -> Diagnosis:
    broken = first_broken(links)
    if broken is None or not broken.name:
        return Diagnosis(links, broken)
    events = [in_words(event) for event in reader.events(namespace, broken.name)][-_MOST_EVENTS:]
    container = broken.container
    if container is None or not container.started:
        return Diagnosis(links, broken, events)
    said = reader.logs(namespace, broken.name, container.name, previous=container.previous)
    return Diagnosis(links, broken, events, said, container.name)


def in_words(event: dict[str, Any]) -> str:
    """`Warning Failed (x4): Error: ErrImageNeverPull`."""
    count = int(event.get("count") or 1)
    times = f" (x{count})" if count > 1 else ""
    message = " ".join(str(event.get("message") or "").split())
    return f"{event.get('type', '')} {event.get('reason', '')}{times}: {message}".strip()


def _row(link: Link) -> str:
    return f"  {_MARKS[link.state]} {link.kind} {link.name}".rstrip() + (
        "" if link.state == "ready" else _state(link)
    )


def _state(link: Link) -> str:
    if link.state == "absent":
        return ": not there"
    why = ", ".join(part for part in (link.reason, " ".join(link.message.split())) if part)
    return f": {why}" if why else ": not ready"
