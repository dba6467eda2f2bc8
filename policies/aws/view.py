"""A resource among its neighbours, read one question at a time.

A rule is a handful of questions. Each is answered apart from the others, so that one value which is not known
in a preview leaves the other answers as they are, and the finding names the very property that was missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policies.aws.neighbours import Neighbours, texts_in
from policies.rule import Check, CheckStack, Context, Finding, Resource, undecided
from policies.unknown import UnknownUsed, get, known, wholly_known


class Blind(UnknownUsed):
    """A question cannot be answered before a property is known."""

    def __init__(self, where: str, resource: Resource) -> None:
        super().__init__(where)
        self.where = where
        self.resource = resource


@dataclass(frozen=True)
class View:
    """A resource, and the stack that it is in (only itself for a rule over one resource)."""

    resource: Resource
    stack: Neighbours

    def get(self, *path: str | int, default: Any = None) -> Any:
        """The value below a path; the default where there is none.

        Raises:
            Blind: The value, or a part of it, is not known.
        """
        value = get(self.resource.props, *path)
        if not wholly_known(value):
            raise Blind(dotted(path), self.resource)
        return default if value is None else value

    def peek(self, *path: str | int) -> Any:
        """The value below a path, UNKNOWN too."""
        return get(self.resource.props, *path)

    def entries(self, *path: str | int) -> list[tuple[str, Any]]:
        """Where each entry of a list is, and what it is: UNKNOWN for those that are.

        Raises:
            Blind: The list itself is not known.
        """
        value = get(self.resource.props, *path)
        if not known(value):
            raise Blind(dotted(path), self.resource)
        listed = value if isinstance(value, list | tuple) else []
        return [(f"{dotted(path)}[{index}]", entry) for index, entry in enumerate(listed)]

    def wrong(self, where: str, seen: object, *, why: str, fix: str) -> Finding:
        """A finding at a property of this resource."""
        return Finding(where, None if seen is None else told(seen), why, fix, self.resource.urn)

    def blind(self, where: str) -> Finding:
        """The finding that a property of this resource is not known yet."""
        return undecided(where, self.resource)

    def others(self, *types: str) -> list[View]:
        """The stack's resources of some types."""
        return [View(one, self.stack) for one in self.stack.of(types)]

    def refers(self, prop: str, *types: str) -> list[View]:
        """The resources of some types that a top property refers to; none where they are not of this stack.

        In a preview ids are not known: then the engine's record of the property's dependencies tells.

        Raises:
            Blind: The property is not known, and nothing tells what it depends on.
        """
        return [View(one, self.stack) for one in _referred(self.resource, self.stack, prop, types)]

    def referrers(self, prop: str, *types: str) -> list[View]:
        """The resources of some types whose top property refers to this one.

        Those whose property is not known, without a word on what it depends on, are not among them.
        """

        def targets(other: Resource) -> list[Resource]:
            try:
                return _referred(other, self.stack, prop, (self.resource.type,))
            except Blind:
                return []

        found = self.stack.referrers(self.resource, prop, types, targets)
        return [View(one, self.stack) for one in found]


def _referred(resource: Resource, stack: Neighbours, prop: str, types: tuple[str, ...]) -> list[Resource]:
    value = get(resource.props, prop)
    depended = stack.with_urns(resource.property_dependencies.get(prop, ()), types)
    urns = {one.urn for one in depended}
    named = [one for one in stack.named(texts_in(value), types) if one.urn not in urns]
    if depended or named or wholly_known(value):
        return [*depended, *named]
    found = stack.with_urns(resource.dependencies, types)
    if not found:
        raise Blind(prop, resource)
    return found


Question = Callable[[View, Context], Iterator[Finding]]


def ask(*questions: Question) -> Check:
    """A rule over one resource out of questions about it."""

    def check(resource: Resource, context: Context) -> Iterator[Finding]:
        yield from _answers(View(resource, Neighbours([resource])), questions, context)

    return check


def ask_stack(about: Sequence[str], *questions: Question) -> CheckStack:
    """A rule over the stack out of questions about its resources of some types."""

    def check(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
        stack = Neighbours(resources)
        for resource in stack.of(tuple(about)):
            yield from _answers(View(resource, stack), questions, context)

    return check


def of(types: Sequence[str], question: Question) -> Question:
    """A question that is asked about resources of some types only."""

    def asked(view: View, context: Context) -> Iterator[Finding]:
        if view.resource.type in types:
            yield from question(view, context)

    return asked


def dotted(path: Sequence[str | int]) -> str:
    """A path as a person writes it: `vpcConfig.publicAccessCidrs[0]`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def told(value: object) -> str:
    """A value as its owner wrote it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(told(one) for one in value) or "[]"
    return str(value)


def yes(value: object) -> bool:
    """Whether a switch is on: some of AWS's (`encrypted` of a launch template) are texts."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _answers(view: View, questions: Sequence[Question], context: Context) -> Iterator[Finding]:
    blind: set[tuple[str, str]] = set()
    for question in questions:
        try:
            yield from question(view, context)
        except Blind as missing:
            key = (missing.where, missing.resource.urn)
            if key not in blind:
                yield undecided(missing.where, missing.resource)
            blind.add(key)
