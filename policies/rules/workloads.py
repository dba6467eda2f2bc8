"""Workloads: pods that can do no more than they must, and that do not all go at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from policies.kubernetes.parts import RUNTIMES, WORKLOADS, Part, each, pods, whole, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.unknown import get

_BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
_REPLICATED = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet")
_SEVERAL = 2

# They reach into the machine's devices: that is their work. By object name.
_EXEMPT = ["nvidia-device-plugin", "dcgm-exporter", "gpu-feature-discovery", "node-feature-discovery"]


def hardened(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge what a workload's containers may do."""
    name = str(whole(resource).at("metadata", "name").value or resource.name)
    if any(name.startswith(exempt) for exempt in context.options["exempt"]):
        return
    for pod in pods(resource):
        checks = (
            partial(_not_root, resource, pod),
            partial(_no_escalation, resource),
            partial(_no_capabilities, resource),
            partial(_filtered, resource, pod),
        )
        kinds = ("initContainers", "containers")
        yield from each(resource, (one for kind in kinds for one in pod.entries(kind)), *checks)


def _of_both(pod: Part, container: Part, *path: str) -> object:
    """A container's own security setting; where it has none, its pod's."""
    own = container.at("securityContext", *path).value
    return pod.at("securityContext", *path).value if own is None else own


def _not_root(resource: Resource, pod: Part, container: Part) -> Iterator[Finding]:
    if not _of_both(pod, container, "runAsNonRoot"):
        yield wrong(
            resource,
            container.at("securityContext", "runAsNonRoot"),
            why="root in a container is root of the machine once it breaks out",
            fix="set runAsNonRoot: true, and runAsUser where the image does not say who it is",
        )


def _no_escalation(resource: Resource, container: Part) -> Iterator[Finding]:
    context = container.at("securityContext")
    if context.at("allowPrivilegeEscalation").value is None or context.at("allowPrivilegeEscalation").value:
        yield wrong(
            resource,
            context.at("allowPrivilegeEscalation"),
            why="a program in it could become root through a setuid file",
            fix="set allowPrivilegeEscalation: false",
        )
    if context.at("privileged").value:
        yield wrong(
            resource,
            context.at("privileged"),
            why="it is the machine in all but name",
            fix="take privileged away, or add the name to the rule's option exempt",
        )


def _no_capabilities(resource: Resource, container: Part) -> Iterator[Finding]:
    dropped = container.at("securityContext", "capabilities", "drop")
    if not any(str(one.value or "").upper() == "ALL" for one in container.entries(*_DROP)):
        yield wrong(
            resource,
            dropped,
            why="it keeps rights of the kernel that serving a model never needs",
            fix="drop: [ALL]",
        )


_DROP = ("securityContext", "capabilities", "drop")


def _filtered(resource: Resource, pod: Part, container: Part) -> Iterator[Finding]:
    if not _of_both(pod, container, "seccompProfile", "type"):
        yield wrong(
            resource,
            container.at("securityContext", "seccompProfile"),
            why="every system call of the kernel stays open to it",
            fix="set seccompProfile: {type: RuntimeDefault}",
        )


def spread(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    """Judge whether copies of a workload go one at a time."""
    budgets = [one for one in resources if one.type == _BUDGET]
    for resource in resources:
        if resource.type in _REPLICATED:
            checks = (partial(_budget, resource, budgets), partial(_apart, resource))
            yield from each(resource, [whole(resource)], *checks)


def _several(top: Part) -> bool:
    return int(top.at("spec", "replicas").value or 1) >= _SEVERAL


def _budget(resource: Resource, budgets: Sequence[Resource], top: Part) -> Iterator[Finding]:
    if _several(top) and not any(_covers(budget, top) for budget in budgets):
        yield wrong(
            resource,
            top.at("spec", "replicas"),
            why="no PodDisruptionBudget covers it: draining machines may take every copy at once",
            fix="add a PodDisruptionBudget that selects its pods",
        )


def _covers(budget: Resource, top: Part) -> bool:
    wanted = get(budget.props, "spec", "selector", "matchLabels")
    labels = top.at("spec", "template", "metadata", "labels").value
    same_home = get(budget.props, "metadata", "namespace") == top.at("metadata", "namespace").value
    return (
        bool(wanted) and same_home and all((labels or {}).get(key) == value for key, value in wanted.items())
    )


def _apart(resource: Resource, top: Part) -> Iterator[Finding]:
    pod = top.at("spec", "template", "spec")
    constraints = pod.at("topologySpreadConstraints")
    if _several(top) and not constraints.value and not pod.at("affinity", "podAntiAffinity").value:
        yield wrong(
            resource,
            constraints,
            why="all copies may land on one machine, and go with it",
            fix="spread them with a topologySpreadConstraint over kubernetes.io/hostname",
        )


RULES = (
    Rule(
        id="workload-hardened",
        title="Containers can do no more than serving takes",
        severity=Severity.HIGH,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(*WORKLOADS, *RUNTIMES),
        check=hardened,
        options={"exempt": _EXEMPT},
    ),
    Rule(
        id="pdb-and-spread",
        title="Copies of a workload are kept apart and go one at a time",
        severity=Severity.MEDIUM,
        levels=Levels(Level.OFF, Level.ADVISORY, Level.MANDATORY),
        types=(*_REPLICATED, _BUDGET),
        check_stack=spread,
    ),
)
