"""Whether the stack's machines can hold a service's GPUs: its pool is there, and one machine of it fits.

Judged are stacks that make machines: what a cluster made elsewhere has, nobody here knows. What a machine
leaves to pods is in components/facts/allocatable.py; what is above that never fits. A GPU that is shared or
cut counts once: two shares may be of the same GPU and give a pod no more of it, and of MIG's parts CUDA sees
one (the settings refuse several too).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from components.facts.allocatable import allocatable_cpu, allocatable_memory
from components.facts.instances import Instance
from components.settings.amounts import amount
from policies.aws.neighbours import Neighbours
from policies.aws.node_groups import LAUNCH_TEMPLATE, NODE_GROUP, has_gpus, machines
from policies.aws.node_pools import NODE_POOL, gpu_machines, may_have_gpus
from policies.aws.view import Blind, View
from policies.kubernetes.gpus import gpus
from policies.kubernetes.parts import INFERENCE_SERVICE, Part, components, models, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity, undecided
from policies.unknown import UnknownUsed

_TYPE, _ACCELERATOR = "node.kubernetes.io/instance-type", "k8s.amazonaws.com/accelerator"
# Labels that machines get from AWS, Kubernetes, Karpenter and feature discovery: no pool has to name them.
_GIVEN = ("kubernetes.io/", "topology.kubernetes.io/", "karpenter.", "eks.amazonaws.com/", "nvidia.com/")


@dataclass(frozen=True)
class _Pool:
    """Machines with GPUs that a stack may make.

    Attributes:
        labels: Labels that the pool gives them.
        machines: Their types.
    """

    labels: Mapping[str, Any]
    machines: tuple[Instance, ...]


def placed(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    """Judge every component of a service that asks for GPUs."""
    stack = Neighbours(resources)
    makers = [View(one, stack) for one in stack.of((NODE_GROUP, NODE_POOL))]
    asking = [one for one in resources if one.type == INFERENCE_SERVICE]
    if not makers or not asking:
        return
    pools: list[_Pool] = []
    blind: list[Finding] = []
    for maker in makers:
        try:
            pools += _pool(maker)
        except Blind as missing:
            blind.append(maker.blind(missing.where))
    found = [one for resource in asking for one in _component_findings(resource, pools)]
    # What one pool cannot hold, one that is not known yet might.
    yield from [*(one for one in found if one.undecided or not blind), *blind]


def _pool(maker: View) -> list[_Pool]:
    if maker.resource.type == NODE_POOL:
        labels = maker.get("spec", "template", "metadata", "labels", default={})
        return [_Pool(labels, tuple(gpu_machines(maker)))] if may_have_gpus(maker) else []
    with_gpus = tuple(one for one in machines(maker) if one.gpus)
    return [_Pool(maker.get("labels", default={}), with_gpus)] if has_gpus(maker) else []


def _component_findings(resource: Resource, pools: Sequence[_Pool]) -> Iterator[Finding]:
    for component in components(resource):
        try:
            yield from _placed(resource, component, pools)
        except UnknownUsed:
            yield undecided(component.where, resource)


def _placed(resource: Resource, component: Part, pools: Sequence[_Pool]) -> Iterator[Finding]:
    main = [*component.entries("containers"), *models(component)]
    count = sum(gpus(one) for one in main)
    if not count:
        return
    selector = component.at("nodeSelector")
    wanted = dict(selector.value or {})
    there = [one for pool in pools if _carries(pool, wanted) for one in pool.machines if _is(one, wanted)]
    if not there:
        yield wrong(
            resource,
            selector,
            why="the stack makes no machines with GPUs and these labels: the pod would wait for ever",
            fix="select labels of a pool of the stack, or add one",
        )
        return
    largest = max(there, key=lambda one: (one.gpus, one.memory_gib))
    if count > largest.gpus:
        yield wrong(
            resource,
            next(one for one in main if gpus(one)).at("resources", "limits"),
            why=f"it asks for {count} GPUs, and {largest.name}, the largest of its pool, has {largest.gpus}",
            fix="ask for fewer, or add a pool with larger machines",
        )
        return
    memory, cpu = _asked(main, "memory"), _asked(main, "cpu")
    fitting = [one for one in there if one.gpus >= count]
    if not any(memory <= allocatable_memory(one) and cpu <= allocatable_cpu(one) for one in fitting):
        yield wrong(
            resource,
            next(one for one in main if gpus(one)).at("resources"),
            why=f"no machine of its pool has so much memory and CPU beside {count} GPU; "
            f"{largest.name} is the largest",
            fix="ask for less, or add a pool with larger machines",
        )


def _carries(pool: _Pool, wanted: Mapping[str, Any]) -> bool:
    """Whether machines of a pool can have labels; those that nobody has to write are looked at elsewhere."""
    return all(
        pool.labels.get(key) == value
        if key in pool.labels
        else key in (_TYPE, _ACCELERATOR) or key.startswith(_GIVEN)
        for key, value in wanted.items()
    )


def _is(machine: Instance, wanted: Mapping[str, Any]) -> bool:
    accelerator = machine.gpu.name if machine.gpu else ""
    return bool(
        wanted.get(_TYPE, machine.name) == machine.name
        and wanted.get(_ACCELERATOR, accelerator) == accelerator
    )


def _asked(main: Sequence[Part], key: str) -> Fraction:
    """What the scheduler sets aside for all containers: requests, or limits where there are none."""
    found = [
        one.at("resources", "requests", key).value or one.at("resources", "limits", key).value for one in main
    ]
    return sum((Fraction(amount(str(one))) for one in found if one), Fraction(0))


RULES = (
    Rule(
        id="isvc-gpu-pool",
        title="The machines of the stack can hold the GPUs of its services",
        severity=Severity.HIGH,
        levels=Levels(Level.MANDATORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE, NODE_GROUP, LAUNCH_TEMPLATE, NODE_POOL),
        check_stack=placed,
    ),
)
