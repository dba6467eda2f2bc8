"""The parts of Kubernetes objects that rules are about, each with its full key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from components.settings.seen import seen
from policies.rule import Finding, Resource, undecided
from policies.unknown import UNKNOWN, UnknownUsed, get, known, unknown_paths

INFERENCE_SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
RUNTIMES = (
    "kubernetes:serving.kserve.io/v1alpha1:ServingRuntime",
    "kubernetes:serving.kserve.io/v1alpha1:ClusterServingRuntime",
)
WORKLOADS = (
    "kubernetes:core/v1:Pod",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:apps/v1:ReplicaSet",
    "kubernetes:batch/v1:Job",
    "kubernetes:batch/v1:CronJob",
)
COMPONENTS = ("predictor", "transformer", "explainer")
# What a component's spec has besides a model: every other mapping with a storage or an image is one, too
# (`sklearn:`, `pytorch:`... are KServe's older form of `model:`).
_OLD_FORMS = (
    "sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml", "lightgbm",
    "paddle", "art",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A piece of a resource.

    Attributes:
        where: Its full key, e.g. `spec.template.spec.containers[0]`.
        value: What is there; UNKNOWN where that is not known yet.
    """

    where: str
    value: Any

    def at(self, *path: str | int) -> Part:
        """The part below this one."""
        where = self.where
        for key in path:
            where += f"[{key}]" if isinstance(key, int) else f".{key}" if where else key
        return Part(where, get(self.value, *path))

    def entries(self, *path: str | int) -> Iterator[Part]:
        """The entries of a list below this part; an unknown list is one unknown entry."""
        below = self.at(*path)
        if not known(below.value):
            yield below
        elif isinstance(below.value, list):
            yield from (below.at(index) for index in range(len(below.value)))


PartCheck = Callable[[Part], Iterable[Finding]]


def whole(resource: Resource) -> Part:
    """A resource's properties as a part."""
    return Part("", resource.props)


def each(resource: Resource, parts: Iterable[Part], *checks: PartCheck) -> Iterator[Finding]:
    """Ask every check about every part; what is unknown to one of them keeps none of the others from it."""
    for part in parts:
        for check in checks:
            try:
                yield from check(part)
            except UnknownUsed:
                # Or something that the part is judged by, e.g. its pod's settings, is what is unknown.
                blind = list(unknown_paths(part.value, part.where)) or [part.where or "the whole resource"]
                yield from (undecided(path, resource) for path in blind)


def wrong(resource: Resource, part: Part, *, why: str, fix: str) -> Finding:
    """The finding that a part is as it must not be."""
    if known(part.value):
        shown = None if part.value is None else seen(part.value)
    else:
        shown = str(part.value)
    return Finding(where=part.where, seen=shown, why=why, fix=fix, urn=resource.urn)


def pods(resource: Resource) -> Iterator[Part]:
    """Every pod specification of an object."""
    top, kind = whole(resource), resource.type.rsplit(":", 1)[-1]
    if kind == "InferenceService":
        yield from components(resource)
    elif kind == "CronJob":
        yield top.at("spec", "jobTemplate", "spec", "template", "spec")
    elif kind in {"Pod", "ServingRuntime", "ClusterServingRuntime"}:
        yield top.at("spec")
        if kind != "Pod" and top.at("spec", "workerSpec").value is not None:
            yield top.at("spec", "workerSpec")
    else:
        yield top.at("spec", "template", "spec")


def components(resource: Resource) -> Iterator[Part]:
    """The predictor, transformer and explainer of an InferenceService, as far as they are there."""
    for name in COMPONENTS:
        part = whole(resource).at("spec", name)
        if part.value is not None:
            yield part


def containers(resource: Resource) -> Iterator[Part]:
    """Every container of an object, its models too: they are the main containers of their pods."""
    for pod in pods(resource):
        yield from pod.entries("initContainers")
        yield from pod.entries("containers")
        if resource.type == INFERENCE_SERVICE:
            yield from models(pod)


def models(component: Part) -> Iterator[Part]:
    """The models of a component, in KServe's form of now and the older one."""
    for form in ("model", *_OLD_FORMS):
        part = component.at(form)
        if part.value is UNKNOWN or isinstance(part.value, dict):
            yield part
