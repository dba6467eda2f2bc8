"""Karpenter's NodePools: whether they may start machines with GPUs, and of which purchase option.

Requirement keys and meanings: Karpenter documentation, "Scheduling", API karpenter.sh/v1. A pool that rules
GPUs out by none of its requirements starts them as soon as a pod asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from components.facts.instances import Instance, find, instances
from policies.aws.node_groups import GPU_KEY
from policies.aws.view import View

NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"

_TYPE = "node.kubernetes.io/instance-type"
_FAMILY = "karpenter.k8s.aws/instance-family"
_CATEGORY = "karpenter.k8s.aws/instance-category"
_GPU_FACTS = tuple(f"karpenter.k8s.aws/instance-gpu-{fact}" for fact in ("name", "count", "manufacturer"))
_PURCHASE = "karpenter.sh/capacity-type"


def may_have_gpus(pool: View) -> bool:
    """Whether a pool may start machines with NVIDIA GPUs."""
    if str(pool.get("spec", "limits", GPU_KEY, default="")) == "0":
        return False
    return not any(_excludes(one) for one in _requirements(pool))


def gpu_machines(pool: View) -> list[Instance]:
    """The machines with GPUs that a pool may start, by the types, families and categories it names."""
    asked = list(_requirements(pool))
    return [one for one in instances().values() if one.gpus and all(_admits(need, one) for need in asked)]


def only_spot(pool: View) -> bool:
    """Whether a pool starts nothing but spot machines; Karpenter's default is on demand."""
    stated = [one for one in _requirements(pool) if one.get("key") == _PURCHASE]
    return any(one.get("operator") == "In" and one.get("values") == ["spot"] for one in stated)


def _requirements(pool: View) -> Iterator[dict[str, Any]]:
    yield from pool.get("spec", "template", "spec", "requirements", default=[])


def _admits(requirement: dict[str, Any], machine: Instance) -> bool:
    facts = {_TYPE: machine.name, _FAMILY: machine.family, _CATEGORY: machine.name[0]}
    fact = facts.get(str(requirement.get("key")))
    values = requirement.get("values") or []
    if fact is None or requirement.get("operator") not in ("In", "NotIn"):
        return True
    return bool((fact in values) == (requirement["operator"] == "In"))


def _excludes(requirement: dict[str, Any]) -> bool:
    key, operator = requirement.get("key"), requirement.get("operator")
    values = requirement.get("values") or []
    if key in _GPU_FACTS:
        return operator == "DoesNotExist"
    if key == _CATEGORY:
        return (operator == "In" and not {"g", "p"} & set(values)) or (
            operator == "NotIn" and {"g", "p"} <= set(values)
        )
    if operator != "In":
        return False
    if key == _TYPE:
        known = [find(name) for name in values]
        return all(one is not None and not one.gpus for one in known)
    if key == _FAMILY:
        with_gpus = {one.family for one in instances().values() if one.gpus}
        return not with_gpus & set(values)
    return False
