"""What a rule is: who it is, how strict it is where, and a pure function over resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from components.facts.environments import Environment
from policies.unknown import UnknownUsed, unknown_paths


class Level(StrEnum):
    """What a violation does."""

    OFF = "off"
    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"


class Severity(StrEnum):
    """What a violation may cost."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Levels:
    """The level of a rule in each environment."""

    dev: Level
    staging: Level
    prod: Level

    def at(self, environment: Environment) -> Level:
        """The level in an environment."""
        return Level(getattr(self, environment.value))


@dataclass(frozen=True)
class Resource:
    """A resource as a rule sees it.

    Attributes:
        type: Type token, e.g. `aws:eks/cluster:Cluster` or `kubernetes:apps/v1:Deployment`.
        name: Logical name.
        urn: Its URN.
        props: Its properties as plain values, named as the provider names them; unknown ones are UNKNOWN.
            Inputs for a rule over one resource; what the engine has (outputs too) for one over the stack.
        protect: Whether Pulumi refuses to delete it.
        ignore_changes: Property paths whose changes do not matter.
        parent: URN of its parent; empty for none.
        dependencies: URNs that it depends on; known to rules over the stack only.
        property_dependencies: The same, by the top property that the dependency came with. In a preview this
            is the only way from a node group to its launch template: their ids are not known yet.
    """

    type: str
    name: str
    urn: str
    props: Mapping[str, Any]
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One place that violates a rule, or that cannot be judged yet.

    Attributes:
        where: The full key below the resource's properties, e.g. `spec.predictor.model.image`.
        seen: The value there, as a person reads it; None where there is nothing. Never a secret.
        why: Why it is refused.
        fix: What to do about it, in the imperative.
        urn: The resource's URN.
        undecided: The rule depends on a value that is not known yet. Told, but it stops nothing: in `up` the
            rule is asked again, with the value.
    """

    where: str
    seen: str | None
    why: str
    fix: str
    urn: str
    undecided: bool = False


@dataclass(frozen=True)
class Context:
    """What a rule knows besides resources.

    Attributes:
        stack: The stack's name.
        environment: What the stack is.
        options: The rule's options: its defaults, and over them what the pack's configuration says.
    """

    stack: str
    environment: Environment
    options: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[Resource, Context], Iterable[Finding]]
CheckStack = Callable[[Sequence[Resource], Context], Iterable[Finding]]
Remedy = Callable[[Resource, Context], Mapping[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        id: Unique name in kebab case.
        title: What has to be so, as a sentence.
        severity: What a violation may cost.
        levels: What a violation does, by environment.
        types: Type tokens that it judges, `*` standing for any text.
        check: Judges one resource. Either this or `check_stack`.
        check_stack: Judges all resources of the rule's types together.
        remediate: Gives better properties than a resource's; None where there is nothing to mend.
        options: What can be configured, with defaults. The default's type is the option's.
    """

    id: str
    title: str
    severity: Severity
    levels: Levels
    types: tuple[str, ...]
    check: Check | None = None
    check_stack: CheckStack | None = None
    remediate: Remedy | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.check is None) == (self.check_stack is None):
            raise ValueError(f"{self.id}: a rule judges one resource or the whole stack, one of the two")

    def concerns(self, token: str) -> bool:
        """Whether the rule judges resources of a type."""
        return one_of(token, self.types)

    def context(self, stack: str, environment: Environment, configured: Mapping[str, Any]) -> Context:
        """What the rule is told besides resources; unknown options are left out."""
        chosen = {name: configured.get(name, default) for name, default in self.options.items()}
        return Context(stack, environment, chosen)

    def findings(self, resources: Sequence[Resource], context: Context) -> list[Finding]:
        """All that the rule has to say about resources; those of other types are passed over.

        A rule that stumbles over an unknown value keeps what it found before, and says where it stopped.
        """
        judged = [resource for resource in resources if self.concerns(resource.type)]
        found: list[Finding] = []
        if self.check is not None:
            for resource in judged:
                found += _caught(self.check(resource, context), [resource], self)
        if self.check_stack is not None:
            found += _caught(self.check_stack(judged, context), judged, self)
        # Two questions about one unknown value are one unknown.
        return list(dict.fromkeys(found))


@cache
def one_of(token: str, types: tuple[str, ...]) -> bool:
    """Whether a type token is one of some types, `*` standing for any text."""
    return any(fnmatchcase(token, pattern) for pattern in types)


def undecided(where: str, resource: Resource) -> Finding:
    """The finding of a rule that depends on a value that is not known yet."""
    return Finding(
        where=where,
        seen=None,
        why="it is known only when what it comes from is there, so the rule cannot be judged before `up`",
        fix="nothing yet: `up` judges it when it is known",
        urn=resource.urn,
        undecided=True,
    )


def _caught(found: Iterable[Finding], resources: Sequence[Resource], rule: Rule) -> Iterator[Finding]:
    try:
        yield from found
    except UnknownUsed:
        blind = [(path, one) for one in resources for path in unknown_paths(one.props)]
        if not blind:
            raise AssertionError(f"{rule.id}: an unknown value was used, and there is none") from None
        yield from (undecided(path, one) for path, one in blind)
