"""Namespaces of models: nobody talks to a model who was not let in, and none takes all machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from policies.kubernetes.parts import INFERENCE_SERVICE, Part, each, whole, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.unknown import get, known

_NAMESPACE = "kubernetes:core/v1:Namespace"
_POLICY, _QUOTA = "kubernetes:networking.k8s.io/v1:NetworkPolicy", "kubernetes:core/v1:ResourceQuota"


def closed(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    """Judge every namespace that has an InferenceService, at the first of them.

    A namespace that another stack made has its guards there: only the stack that makes it can be judged.
    """
    guards = [one for one in resources if one.type != INFERENCE_SERVICE]
    seen: list[object] = []
    for resource in resources:
        if resource.type != INFERENCE_SERVICE:
            continue
        home = get(resource.props, "metadata", "namespace")
        if known(home):
            if home in seen:
                continue
            seen.append(home)
        checks = (partial(_denied, resource, guards), partial(_bounded, resource, guards))
        yield from each(resource, [whole(resource)], *checks)


def _in(top: Part, guards: Sequence[Resource], kind: str) -> Iterator[Resource]:
    home = top.at("metadata", "namespace").value
    return (one for one in guards if one.type == kind and get(one.props, "metadata", "namespace") == home)


def _made_here(top: Part, guards: Sequence[Resource]) -> bool:
    home = top.at("metadata", "namespace").value
    return any(one.type == _NAMESPACE and get(one.props, "metadata", "name") == home for one in guards)


def _denied(resource: Resource, guards: Sequence[Resource], top: Part) -> Iterator[Finding]:
    if _made_here(top, guards) and not any(_denies_all(policy) for policy in _in(top, guards, _POLICY)):
        yield wrong(
            resource,
            top.at("metadata", "namespace"),
            why="any pod of the cluster can ask its models, past the gateway and its rules",
            fix="add a NetworkPolicy for all pods with policyTypes [Ingress], and let in who is meant",
        )


def _denies_all(policy: Resource) -> bool:
    selector = get(policy.props, "spec", "podSelector")
    chosen = [kind for kind in ("matchLabels", "matchExpressions") if get(selector, kind)]
    kinds = get(policy.props, "spec", "policyTypes") or []
    return (
        selector is not None
        and not chosen
        and "Ingress" in kinds
        and not get(policy.props, "spec", "ingress")
    )


def _bounded(resource: Resource, guards: Sequence[Resource], top: Part) -> Iterator[Finding]:
    if _made_here(top, guards) and not any(
        get(quota.props, "spec", "hard") for quota in _in(top, guards, _QUOTA)
    ):
        yield wrong(
            resource,
            top.at("metadata", "namespace"),
            why="one model's mistake could take every machine and every GPU",
            fix="add a ResourceQuota, with requests.nvidia.com/gpu where there are GPUs",
        )


RULES = (
    Rule(
        id="network-default-deny",
        title="Namespaces of models let nobody in by default, and have a quota",
        severity=Severity.HIGH,
        levels=Levels(Level.OFF, Level.ADVISORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE, _NAMESPACE, _POLICY, _QUOTA),
        check_stack=closed,
    ),
)
