"""From an InferenceService down to its pods: which link of the chain is the first that broke.

Each link is made by the controller of the one above and reports its readiness upwards, so the cause is at the
deepest link that is not ready: those above only repeat it. A link that is missing is the failure of the one
above to make it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from command.diagnosis.conditions import Object, condition, conditions_of, name_of, seen_by_controller
from command.diagnosis.pods import ContainerTrouble, PodTrouble, pod_trouble

State = Literal["ready", "not ready", "absent"]


@dataclass(frozen=True)
class Link:
    """One object of a chain.

    Attributes:
        kind: As a person says it: `InferenceService`, `Knative Service`, `Revision`, `Pod`, ...
        name: Its name, or what it would be called.
        state: Whether it is ready.
        reason: The controller's word for why not.
        message: The controller's sentence for why not.
        container: For a pod: the container to listen to.
    """

    kind: str
    name: str
    state: State
    reason: str = ""
    message: str = ""
    container: ContainerTrouble | None = None


@dataclass(frozen=True)
class Chain:
    """The objects behind an InferenceService, as they were read; None is an object that is not there.

    Attributes:
        name: The InferenceService's name.
        service: The InferenceService.
        knative: The predictor's Knative Service; None also in Standard mode.
        configuration: What the Knative Service made for its pods.
        revision: The newest that the configuration made.
        deployment: What runs the pods.
        pods: Pods of the deployment.
        standard: The predictor is a plain Deployment, without Knative.
    """

    name: str
    service: Object | None
    knative: Object | None = None
    configuration: Object | None = None
    revision: Object | None = None
    deployment: Object | None = None
    pods: Sequence[Object] = field(default_factory=tuple)
    standard: bool = False


def walk(chain: Chain) -> list[Link]:
    """Every link, top first, down to the first that is not there or to the pods."""
    predictor = f"{chain.name}-predictor"
    rows = [("InferenceService", chain.name, chain.service, "Ready")]
    if not chain.standard:
        rows += [
            ("Knative Service", predictor, chain.knative, "Ready"),
            ("Configuration", predictor, chain.configuration, "Ready"),
            ("Revision", f"{predictor}-00001", chain.revision, "Ready"),
        ]
    rows.append(("Deployment", predictor, chain.deployment, "Available"))
    links = []
    for kind, name, thing, wanted in rows:
        links.append(link(kind, name, thing, wanted))
        if thing is None:
            return links
    scaled_to_zero = (chain.deployment or {}).get("spec", {}).get("replicas") == 0
    return links if scaled_to_zero and not chain.pods else [*links, *pod_links(chain.pods)]


def link(kind: str, name: str, thing: Object | None, wanted: str) -> Link:
    """Judge one object by the condition that says it works."""
    if thing is None:
        return Link(kind, name, "absent")
    own = name_of(thing) or name
    found = condition(thing, wanted)
    if found is None:
        return Link(kind, own, "not ready", "NotReported", "its controller has not said anything yet")
    if found.true and seen_by_controller(thing):
        return Link(kind, own, "ready")
    if found.true:
        return Link(kind, own, "not ready", "Outdated", "its controller has not seen the newest change yet")
    deeper = next((one for one in conditions_of(thing) if not one.true and one.message), found)
    blamed = found if found.message else deeper
    return Link(kind, own, "not ready", blamed.reason, blamed.message)


def pod_links(pods: Sequence[Object]) -> list[Link]:
    """A link for each pod, the troubled first; one absent link where there is none."""
    if not pods:
        return [Link("Pod", "", "absent")]
    judged = [(name_of(pod), pod_trouble(pod)) for pod in pods]
    return [_pod_link(name, trouble) for name, trouble in sorted(judged, key=lambda one: one[1] is None)]


def _pod_link(name: str, trouble: PodTrouble | None) -> Link:
    if trouble is None:
        return Link("Pod", name, "ready")
    return Link("Pod", name, "not ready", trouble.reason, trouble.message, trouble.container)


def first_broken(links: Sequence[Link]) -> Link | None:
    """The link that the others wait for; None where all is well.

    Of the links that are not ready it is the deepest. An absent one is blamed on the link above it if that
    one gives a reason, and on its own absence otherwise. With a ready chain below it, the top itself is at
    fault (its routes, for instance).
    """
    broken = [one for one in links if one.state != "ready"]
    if not broken:
        return None
    present = [one for one in broken if one.state == "not ready" and one.kind != "Pod"]
    pods = [one for one in broken if one.state == "not ready" and one.kind == "Pod"]
    if pods:
        return pods[0]
    absent = next((one for one in broken if one.state == "absent"), None)
    if absent is not None and not (present and present[-1].reason):
        return absent
    return present[-1]
