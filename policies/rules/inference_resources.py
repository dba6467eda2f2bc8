"""What the pods of InferenceServices take: CPU, memory and GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from components.settings.amounts import amount
from policies.kubernetes.gpus import KEY, gpus
from policies.kubernetes.parts import (
    INFERENCE_SERVICE,
    RUNTIMES,
    Part,
    components,
    containers,
    each,
    models,
    wrong,
)
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity

# A limit of CPU is not asked for: it slows a model down while the machine has CPU to spare.
_WANTED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))


def resources(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge what every container sets aside."""
    checks = [partial(_wanted, resource, kind, name) for kind, name in _WANTED]
    return each(resource, containers(resource), *checks, partial(_gpu_memory, resource))


def _wanted(resource: Resource, kind: str, name: str, container: Part) -> Iterator[Finding]:
    part = container.at("resources", kind, name)
    if not part.value:
        yield wrong(
            resource,
            part,
            why="the scheduler places what is not set aside anywhere, and one model starves another",
            fix=f"write {part.where}, from what the model takes under load",
        )


def _gpu_memory(resource: Resource, container: Part) -> Iterator[Finding]:
    asked, most = (container.at("resources", kind, "memory") for kind in ("requests", "limits"))
    if gpus(container) and asked.value and most.value and amount(str(asked.value)) != amount(str(most.value)):
        yield wrong(
            resource,
            most,
            why=f"with a request of {asked.value} a pod that holds a GPU is the first to be evicted",
            fix="let the limit of memory equal the request",
        )


def tolerations(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge whether pods go where their GPUs are, and only those."""
    most = int(context.options["maxGpusPerNode"])
    return each(resource, components(resource), partial(_placed, resource), partial(_fits, resource, most))


def _main_containers(component: Part) -> Iterator[Part]:
    yield from component.entries("containers")
    yield from models(component)


def _placed(resource: Resource, component: Part) -> Iterator[Finding]:
    count = sum(gpus(one) for one in _main_containers(component))
    tolerated = any(_tolerates_gpus(one) for one in component.entries("tolerations"))
    if count and not tolerated:
        yield wrong(
            resource,
            component.at("tolerations"),
            why=f"it asks for {count} GPU, and machines with GPUs are tainted: the pod would wait for ever",
            fix=f"tolerate {KEY}, operator Exists, effect NoSchedule",
        )
    if (
        count
        and not component.at("nodeSelector").value
        and not component.at("affinity", "nodeAffinity").value
    ):
        yield wrong(
            resource,
            component.at("nodeSelector"),
            why="any GPU would do, the dearest too",
            fix="select a pool, e.g. by the label k8s.amazonaws.com/accelerator",
        )
    if tolerated and not count:
        yield wrong(
            resource,
            component.at("tolerations"),
            why="it asks for no GPU, but could fill a machine that is paid for its GPUs",
            fix=f"ask for {KEY} in resources.limits, or take the toleration away",
        )


def _tolerates_gpus(toleration: Part) -> bool:
    return bool(toleration.at("key").value == KEY)


def _fits(resource: Resource, most: int, component: Part) -> Iterator[Finding]:
    for container in _main_containers(component):
        if gpus(container) > most:
            yield wrong(
                resource,
                container.at("resources", "limits", KEY),
                why=f"no machine has more than {most} GPUs",
                fix="ask for fewer, or spread the model over several machines with a workerSpec",
            )


RULES = (
    Rule(
        id="isvc-resources",
        title="Containers of models say what CPU and memory they take",
        severity=Severity.HIGH,
        # KServe fills in one core and 2Gi where nothing is written: wrong for most models, harmless in dev.
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE, *RUNTIMES),
        check=resources,
    ),
    Rule(
        id="isvc-gpu-tolerates",
        title="Pods with GPUs go to machines with GPUs, and no others do",
        severity=Severity.HIGH,
        levels=Levels(Level.MANDATORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE,),
        check=tolerations,
        options={"maxGpusPerNode": 8},
    ),
)
