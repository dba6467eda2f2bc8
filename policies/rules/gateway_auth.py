"""Who may ask models that the internet reaches: nobody, until a policy of the gateway says who.

Facts: Istio's reference of AuthorizationPolicy (security.istio.io). What CUSTOM or DENY refuses is refused.
Of the rest everybody passes where no policy allows, else who matches a rule of any that does: they add up. A
rule that names neither sources nor conditions matches everybody. A waypoint or gateway is chosen by
targetRefs, its pods by a selector; with neither, all of the namespace are.
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
_BLOCKS, _EVERYWHERE = ("ipBlocks", "remoteIpBlocks"), ("0.0.0.0/0", "::/0")


def authorized(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    """Judge every gateway that the internet reaches."""
    policies = [one for one in resources if one.type not in (_GATEWAY, _SERVICE)]
    check = partial(_guarded, policies=policies, elsewhere=context.options["elsewhere"])
    for resource in resources:
        if resource.type in (_GATEWAY, _SERVICE):
            yield from each(resource, [whole(resource)], partial(check, resource))


def _guarded(
    resource: Resource, top: Part, *, policies: Sequence[Resource], elsewhere: Sequence[str]
) -> Iterator[Finding]:
    notes = [top.at("metadata", "annotations", SCHEME)]
    if resource.type == _GATEWAY:
        notes.append(top.at("spec", "infrastructure", "annotations", SCHEME))
    door = next((note for note in notes if note.value == "internet-facing"), None)
    if door is None or any(_is_called(top, name) for name in elsewhere):
        return
    covering = [one for one in policies if _covers(whole(one), resource.type, top)]
    if any(_guards(whole(one)) for one in covering):
        return
    allowing = [one for one in covering if _action(whole(one)) == "ALLOW"]
    opened = next((one for one in allowing if not _names_who(whole(one))), None)
    if opened is not None:
        why = f"AuthorizationPolicy {opened.name} allows strangers, whatever others beside it ask for"
        fix = "let each of its rules name requestPrincipals, with a RequestAuthentication, or use internal"
    elif not allowing:
        why = "no AuthorizationPolicy says who may ask: everybody on the internet may"
        fix = "add one for it that allows requestPrincipals, with a RequestAuthentication, or use internal"
    else:
        return
    named = "/".join(str(top.at("metadata", key).value) for key in ("namespace", "name"))
    yield wrong(
        resource,
        door,
        why=why,
        fix=f"{fix}; where others ask, put {named} into the rule's option elsewhere (policies/README.md)",
    )


def _is_called(top: Part, name: str) -> bool:
    """Whether an object is the one of a name such as istio-system/knative-gateway."""
    metadata = top.at("metadata")
    # Compared one by one: an unknown name is not the text that stands for it.
    return [metadata.at(key).value for key in ("namespace", "name")] == name.split("/", 1)


def _covers(policy: Part, kind: str, top: Part) -> bool:
    if policy.at("metadata", "namespace").value != top.at("metadata", "namespace").value:
        return False
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


def _action(policy: Part) -> str:
    return str(policy.at("spec", "action").value or "ALLOW")


def _guards(policy: Part) -> bool:
    """Whether a policy stops strangers whatever others allow."""
    rules = list(policy.entries("spec", "rules"))
    match _action(policy):
        case "CUSTOM":
            return any(_of_all_requests(one) and not _picks(one) for one in rules)
        case "DENY":
            return any(_of_all_requests(one) and _is_of_strangers(one) for one in rules)
        case _:
            return False


def _of_all_requests(rule: Part) -> bool:
    """Whether a rule is about every request, but for exceptions: not of some paths or under conditions."""
    operations = [one.at("operation") for one in rule.entries("to")]
    return not _conditional(rule) and (not operations or any(not _positive(one) for one in operations))


def _picks(rule: Part) -> bool:
    sources = [one.at("source") for one in rule.entries("from")]
    return bool(sources) and all(_positive(one) for one in sources)


def _is_of_strangers(rule: Part) -> bool:
    sources = [one.at("source") for one in rule.entries("from")]
    return any(not _positive(one) and any(one.at(kind).value for kind in _STRANGERS) for one in sources)


def _names_who(policy: Part) -> bool:
    """Whether every rule of a policy that allows says whom; one without rules allows nobody."""
    return all(_picks(one) or _conditional(one) for one in policy.entries("spec", "rules"))


def _conditional(rule: Part) -> bool:
    return any(one.at("values").value for one in rule.entries("when"))


def _positive(part: Part) -> bool:
    """Whether a source or operation names some, not all but exceptions (`notPaths`, `notPrincipals`...)."""
    return any(
        not key.startswith("not")
        and value
        and not (key in _BLOCKS and any(one in _EVERYWHERE for one in value))
        for key, value in (part.value or {}).items()
    )


RULES = (
    Rule(
        id="gateway-auth",
        title="A gateway that the internet reaches says who may ask",
        severity=Severity.CRITICAL,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(_GATEWAY, _SERVICE, _POLICY),
        check_stack=authorized,
        options={"elsewhere": []},
    ),
)
