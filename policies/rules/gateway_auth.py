"""Who may ask models that the internet reaches: nobody, until a policy of the gateway says who.

Facts: Istio's reference of AuthorizationPolicy (security.istio.io). Without one everybody may; with one that
allows, who matches one of its rules; a rule that names neither sources nor conditions matches everybody. A
waypoint or gateway is chosen by targetRefs, its pods by a selector; with neither, all of the namespace are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from policies.kubernetes.parts import Part, each, whole, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.rules.gateways import SCHEME

_GATEWAY, _SERVICE = "kubernetes:gateway.networking.k8s.io/v1:Gateway", "kubernetes:core/v1:Service"
_POLICY = "kubernetes:security.istio.io/*:AuthorizationPolicy"
# What istiod labels the pods of a Gateway with.
_OF_GATEWAY = "gateway.networking.k8s.io/gateway-name"
_STRANGERS = ("notRequestPrincipals", "notPrincipals", "notIpBlocks", "notRemoteIpBlocks", "notNamespaces")


def authorized(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    """Judge every gateway that the internet reaches."""
    policies = [one for one in resources if one.type not in (_GATEWAY, _SERVICE)]
    for resource in resources:
        if resource.type in (_GATEWAY, _SERVICE):
            yield from each(resource, [whole(resource)], partial(_guarded, resource, policies))


def _guarded(resource: Resource, policies: Sequence[Resource], top: Part) -> Iterator[Finding]:
    notes = [top.at("metadata", "annotations", SCHEME)]
    if resource.type == _GATEWAY:
        notes.append(top.at("spec", "infrastructure", "annotations", SCHEME))
    door = next((note for note in notes if note.value == "internet-facing"), None)
    if door is not None and not any(_guards(whole(one), resource.type, top) for one in policies):
        yield wrong(
            resource,
            door,
            why="no AuthorizationPolicy says who may ask: everybody on the internet may",
            fix="add one for it that allows requestPrincipals, with a RequestAuthentication, or use internal",
        )


def _guards(policy: Part, kind: str, top: Part) -> bool:
    same_home = policy.at("metadata", "namespace").value == top.at("metadata", "namespace").value
    return bool(same_home and _covers(policy, kind, top) and _refuses_strangers(policy))


def _covers(policy: Part, kind: str, top: Part) -> bool:
    name = top.at("metadata", "name").value
    pods = {_OF_GATEWAY: name} if kind == _GATEWAY else top.at("spec", "selector").value or {}
    targets = list(policy.entries("spec", "targetRefs"))
    if targets:
        meant = pods.get(_OF_GATEWAY)
        return any(
            one.at("kind").value == "Gateway" and one.at("name").value == meant for one in targets if meant
        )
    wanted = policy.at("spec", "selector", "matchLabels").value or {}
    return all(pods.get(key) == value for key, value in wanted.items())


def _refuses_strangers(policy: Part) -> bool:
    rules = list(policy.entries("spec", "rules"))
    match policy.at("spec", "action").value or "ALLOW":
        case "CUSTOM":
            return bool(rules)
        case "ALLOW":
            return all(one.at("from").value or one.at("when").value for one in rules)
        case "DENY":
            return any(
                source.at("source", kind).value
                for one in rules
                for source in one.entries("from")
                for kind in _STRANGERS
            )
        case _:
            return False


RULES = (
    Rule(
        id="gateway-auth",
        title="A gateway that the internet reaches says who may ask",
        severity=Severity.CRITICAL,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(_GATEWAY, _SERVICE, _POLICY),
        check_stack=authorized,
    ),
)
