"""The rules for one run: what each of them says about a resource or a stack, and how much that counts.

What a rule cannot judge in a preview becomes one line of advice beside everything else that it found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policies.rule import Context, Finding, Level, Resource, Rule
from policies.run import Run

NAME, VERSION = "kserve-platform", "0.1.0"


@dataclass(frozen=True)
class Configured:
    """What a configuration of the pack says about a rule.

    Attributes:
        level: What a violation does.
        options: Options that are not their defaults.
    """

    level: Level
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """One thing that a rule has to say.

    Attributes:
        rule: The rule.
        level: What it does: advice, or a refusal.
        text: What a person reads.
        urn: The resource that it is about; empty for several.
    """

    rule: Rule
    level: Level
    text: str
    urn: str


class Pack:
    """The rules, as strict as a run and its configuration want them.

    Args:
        rules: The rules.
        run: The preview or update that they judge.
        configured: The pack's configuration, by id; a rule without one is as strict as the environment.
    """

    def __init__(
        self, rules: Sequence[Rule], run: Run, configured: Mapping[str, Configured] | None = None
    ) -> None:
        given = configured or {}
        self._levels = {
            rule.id: given[rule.id].level if rule.id in given else rule.levels.at(run.environment)
            for rule in rules
        }
        options = {rule.id: given[rule.id].options if rule.id in given else {} for rule in rules}
        self._contexts: Mapping[str, Context] = {
            rule.id: rule.context(run.stack, run.environment, options[rule.id]) for rule in rules
        }
        self._asked = [rule for rule in rules if self._levels[rule.id] is not Level.OFF]
        self._concerned: dict[str, tuple[Rule, ...]] = {}

    def level(self, rule: Rule) -> Level:
        """What a violation of a rule does in this run."""
        return self._levels[rule.id]

    def concerns(self, token: str) -> bool:
        """Whether a rule has anything to do with a type."""
        return bool(self._rules(token))

    def mends(self, token: str) -> bool:
        """Whether a rule may mend resources of a type."""
        return any(self._mending(rule) for rule in self._rules(token))

    def judge(self, resource: Resource) -> Iterator[Told]:
        """What the rules over single resources say about one."""
        for rule in self._rules(resource.type):
            if rule.check is not None:
                yield from self._told(rule, [resource])

    def judge_stack(self, resources: Sequence[Resource]) -> Iterator[Told]:
        """What the rules over a whole stack say about it."""
        for rule in self._asked:
            if rule.check_stack is not None:
                yield from self._told(rule, resources)

    def mend(self, resource: Resource) -> Iterator[tuple[Rule, Mapping[str, Any]]]:
        """What the rules make of a resource, one on top of the other: each its whole properties."""
        for rule in self._rules(resource.type):
            if rule.remediate is not None and self._mending(rule):
                better = rule.remediate(resource, self._contexts[rule.id])
                if better is not None:
                    resource = replace(resource, props=better)
                    yield rule, better

    def _rules(self, token: str) -> tuple[Rule, ...]:
        if token not in self._concerned:
            self._concerned[token] = tuple(rule for rule in self._asked if rule.concerns(token))
        return self._concerned[token]

    def _mending(self, rule: Rule) -> bool:
        return rule.remediate is not None and self._levels[rule.id] is Level.REMEDIATE

    def _told(self, rule: Rule, resources: Sequence[Resource]) -> Iterator[Told]:
        level = self._levels[rule.id]
        # What a rule still finds after it mended is not to be mended.
        refusal = Level.MANDATORY if level is Level.REMEDIATE else level
        later: list[Finding] = []
        for one in rule.findings(resources, self._contexts[rule.id]):
            if one.undecided:
                later.append(one)
            else:
                yield Told(rule, refusal, f"{rule.title}\n{message(one)}", one.urn)
        if later:
            yield Told(rule, Level.ADVISORY, f"{rule.title}\n{_undecided(later)}", _common_urn(later))


def message(finding: Finding) -> str:
    """A finding as a person reads it, below the rule's title."""
    return _rows(("at", finding.where), ("seen", finding.seen), ("why", finding.why), ("do", finding.fix))


def _undecided(findings: Sequence[Finding]) -> str:
    of_one = bool(_common_urn(findings))
    places = (one.where if of_one else f"{one.where} of {_called(one.urn)}" for one in findings)
    return _rows(("at", ", ".join(places)), ("why", "it cannot be judged until up, which knows the value"))


def _called(urn: str) -> str:
    """A resource, as a person calls it: `NodeGroup gpu`."""
    kind, _, name = urn.rpartition("::")
    return f"{kind.rpartition(':')[2]} {name}".strip()


def _common_urn(findings: Sequence[Finding]) -> str:
    urns = {one.urn for one in findings}
    return urns.pop() if len(urns) == 1 else ""


def _rows(*rows: tuple[str, str | None]) -> str:
    return "\n".join(f"  {label + ':':<6}{text}" for label, text in rows if text)
