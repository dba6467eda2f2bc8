"""Finding the resources of a stack: by type, by URN, by what others call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policies.aws.neighbours import Neighbours
from policies.aws.view import View
from policies.rule import Resource
from policies.unknown import UNKNOWN

ROLE, GROUP = "aws:iam/role:Role", "aws:eks/nodeGroup:NodeGroup"


def made(kind: str, called: str, /, *, after: Iterable[str] = (), **props: Any) -> Resource:
    by_property: Mapping[str, tuple[str, ...]] = {"nodeRoleArn": tuple(after)} if after else {}
    return Resource(kind, called, f"urn-{called}", props, property_dependencies=by_property)


STACK = [
    made(GROUP, "late", nodeRoleArn="arn:two"),
    made(ROLE, "one", name="role", arn="arn:one"),
    made(ROLE, "two", name="role", arn="arn:two"),
    made(GROUP, "early", after=["urn-two"], nodeRoleArn=UNKNOWN),
    made(GROUP, "blind", nodeRoleArn=UNKNOWN),
    made(ROLE, "unknown", name=UNKNOWN, arn=""),
]


def names(found: Iterable[Resource]) -> list[str]:
    return [one.name for one in found]


def test_resources_come_in_the_stacks_order_each_once() -> None:
    stack = Neighbours(STACK)

    assert names(stack.of(("aws:iam/*",))) == ["one", "two", "unknown"]
    assert names(stack.named(["arn:two", "role", "role"], (ROLE,))) == ["one", "two"]
    assert names(stack.with_urns(["urn-two", "urn-one", "urn-late"], (ROLE,))) == ["one", "two"]


def test_an_empty_or_unknown_name_names_nothing() -> None:
    assert Neighbours(STACK).named(["", "(not known before up)"], (ROLE,)) == []


def test_who_refers_to_a_resource_is_found_by_names_and_by_the_engines_record() -> None:
    stack = Neighbours(STACK)
    one, two = (View(role, stack) for role in stack.of((ROLE,))[:2])

    assert names(view.resource for view in two.referrers("nodeRoleArn", GROUP)) == ["late", "early"]
    assert one.referrers("nodeRoleArn", GROUP) == []


def test_what_every_resource_refers_to_is_looked_for_once_for_all_targets() -> None:
    stack = Neighbours(STACK)
    asked: list[str] = []

    def targets(other: Resource) -> list[Resource]:
        asked.append(other.name)
        return stack.of((ROLE,))

    for role in stack.of((ROLE,)):
        assert names(stack.referrers(role, "nodeRoleArn", (GROUP,), targets)) == ["late", "early", "blind"]
    assert asked == ["late", "early", "blind"]
