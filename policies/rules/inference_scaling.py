"""How InferenceServices scale: what stays when nobody asks, what it may grow to, how long it may take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from policies.kubernetes.gpus import gpus
from policies.kubernetes.parts import INFERENCE_SERVICE, Part, components, each, models, whole, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.unknown import known

COLD_START = "kserve-platform.io/cold-start"
TIER = "kserve-platform.io/tier"
_CRITICAL_REPLICAS = 2
# Defaults of Kubernetes' probes, in seconds and tries.
_PERIOD, _TRIES = 10, 3


def fewest(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge what stays when nobody asks."""
    predictor = whole(resource).at("spec", "predictor")
    return each(resource, [predictor], partial(_fewest, resource, context))


def _fewest(resource: Resource, context: Context, predictor: Part) -> Iterator[Finding]:
    part = predictor.at("minReplicas")
    notes = whole(resource).at("metadata", "annotations")
    count = 1 if part.value is None else int(part.value)
    if notes.at(TIER).value == "critical" and count < _CRITICAL_REPLICAS:
        yield wrong(
            resource,
            part,
            why=f"{TIER} says critical, and one pod is gone with its machine",
            fix=f"set minReplicas to {_CRITICAL_REPLICAS} or more",
        )
        return
    allowed = context.environment.value in context.options["allowScaleToZero"]
    if count == 0 and not allowed and notes.at(COLD_START).value != "accepted":
        yield wrong(
            resource,
            part,
            why="the first request after a pause waits until a machine, an image and a model are there",
            fix=f"set minReplicas to 1, or say so with the annotation {COLD_START}: accepted",
        )


def most(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge what it may grow to."""
    ceiling = int(context.options["maxGpus"])
    return each(
        resource, components(resource), partial(_bounded, resource), partial(_gpus_in_all, resource, ceiling)
    )


def _bounded(resource: Resource, component: Part) -> Iterator[Finding]:
    part, least = component.at("maxReplicas"), component.at("minReplicas")
    if not part.value:
        yield wrong(
            resource,
            part,
            why="without a bound a burst of requests takes every machine that the autoscaler may buy",
            fix="set maxReplicas",
        )
    elif known(least.value) and least.value is not None and int(part.value) < int(least.value):
        yield wrong(
            resource,
            part,
            why=f"it is below minReplicas ({least.value})",
            fix="set it to minReplicas or more",
        )


def _gpus_in_all(resource: Resource, ceiling: int, component: Part) -> Iterator[Finding]:
    each_pod = sum(gpus(one) for one in (*component.entries("containers"), *models(component)))
    if each_pod and int(component.at("maxReplicas").value or 0) * each_pod > ceiling:
        yield wrong(
            resource,
            component.at("maxReplicas"),
            why=f"{each_pod} GPU for each pod makes more than the {ceiling} GPUs that there may be",
            fix="lower it, or raise the rule's option maxGpus",
        )


def waiting(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge how long requests and starts may take."""
    load = int(context.options["loadSeconds"])
    own = (container for one in components(resource) for container in one.entries("containers"))
    yield from each(resource, components(resource), partial(_timeout, resource))
    yield from each(resource, own, partial(_probes, resource, load))


def _timeout(resource: Resource, component: Part) -> Iterator[Finding]:
    part = component.at("timeout")
    if not part.value:
        yield wrong(
            resource,
            part,
            why="a request that hangs holds its place for Knative's default of 300 seconds",
            fix="set timeout, in seconds, to what the slowest good answer takes",
        )


def _probes(resource: Resource, load: int, container: Part) -> Iterator[Finding]:
    ready, start = container.at("readinessProbe"), container.at("startupProbe")
    if not ready.value and not start.value:
        yield wrong(
            resource,
            ready,
            why="requests would reach it before its model is loaded",
            fix="add a readinessProbe that answers once the model does",
        )
    elif start.value:
        budget = int(start.at("initialDelaySeconds").value or 0)
        budget += int(start.at("periodSeconds").value or _PERIOD) * int(
            start.at("failureThreshold").value or _TRIES
        )
        if budget < load:
            yield wrong(
                resource,
                start,
                why=f"it gives up after {budget} s, and a model may take {load} s to load",
                fix="raise failureThreshold, or lower the rule's option loadSeconds",
            )


RULES = (
    Rule(
        id="isvc-min-replicas",
        title="A model in production has a pod that waits for requests",
        severity=Severity.MEDIUM,
        levels=Levels(Level.OFF, Level.ADVISORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE,),
        check=fewest,
        options={"allowScaleToZero": ["dev", "staging"]},
    ),
    Rule(
        id="isvc-max-replicas",
        title="A model's growth has a bound that the machines can meet",
        severity=Severity.HIGH,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE,),
        check=most,
        options={"maxGpus": 16},
    ),
    Rule(
        id="isvc-probes-timeouts",
        title="Requests end in time, and none arrives before the model is loaded",
        severity=Severity.MEDIUM,
        levels=Levels(Level.ADVISORY, Level.ADVISORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE,),
        check=waiting,
        options={"loadSeconds": 60},
    ),
)
