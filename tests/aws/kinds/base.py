"""What AWS's provider does with one type of resource, as a table of its own words: a double of it.

The first request is that of tests/components/eks/aws_requests.py, so what level 2 holds against AWS's models
is what is sent here. The rest (what else is called, what a change calls and what replaces) was written from
the provider's documentation of each type; what cannot be looked up without the provider is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from botocore.exceptions import ClientError

from tests.aws.api import is_gone
from tests.components.eks.aws_requests import OPERATIONS

State = Mapping[str, Any]


class Calls(Protocol):
    """AWS's API: `tests.aws.api.Api`, or what records for it."""

    def __call__(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Made:
    """A resource that is there.

    Attributes:
        id: As the provider calls it.
        outputs: What it has besides its inputs.
    """

    id: str
    outputs: dict[str, Any]


class HalfMade(Exception):
    """A resource is there and did not become what it should.

    Attributes:
        made: What is there.
    """

    def __init__(self, made: Made, reason: str) -> None:
        super().__init__(reason)
        self.made = made


class Unready(Exception):
    """AWS says that something failed after it had taken the request."""


class UnknownChange(Exception):
    """The double does not know how a property is changed. Saying nothing would be a lie."""


Name = Callable[[str], Mapping[str, Any]]
Change = Callable[[Calls, str, State, State], Mapping[str, Any] | None]
Look = Callable[[Calls, str, State], Mapping[str, Any] | None]
Remove = Callable[[Calls, str, State], object]


def _no_outputs(answer: Mapping[str, Any], inputs: State) -> dict[str, Any]:
    return {}


def _nothing_named(name: str) -> Mapping[str, Any]:
    return {}


def _nothing_more(aws: Calls, made: Made, inputs: State) -> None:
    """Most resources are done with one call."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One type.

    Attributes:
        token: The type.
        identity: The answer of its operation, and its inputs, to its id.
        outputs: The same to what it has besides its inputs.
        named: What the provider makes up of the resource's logical name: names.
        more: Further calls, and the wait until it is ready. It may add outputs.
        look: What is there of it now; None for nothing.
        changes: By property, what a change of it calls.
        remove: How it goes.
        replaces: Properties that cannot be changed.
        fixed_name: Property with a name of its own: two cannot stand beside each other.
        moving: Outputs that a change of the resource may change.
        within: What AWS adds to properties that are given, by property.
    """

    token: str
    identity: Callable[[Mapping[str, Any], State], str]
    look: Look
    remove: Remove
    outputs: Callable[[Mapping[str, Any], State], dict[str, Any]] = _no_outputs
    named: Name = _nothing_named
    more: Callable[[Calls, Made, State], None] = _nothing_more
    changes: Mapping[str, Change] = field(default_factory=dict)
    replaces: frozenset[str] = frozenset()
    fixed_name: str | None = None
    moving: tuple[str, ...] = ()
    within: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def create(self, aws: Calls, name: str, inputs: State) -> Made:
        """Make it.

        Raises:
            HalfMade: It is there, and something about it failed.
            ClientError: AWS refuses it.
        """
        operation = OPERATIONS[self.token]
        request = {**operation.request(inputs), **self.named(name)}
        answer = aws(operation.service, operation.name, **request)
        made = Made(self.identity({**request, **answer}, inputs), self.outputs({**request, **answer}, inputs))
        try:
            self.more(aws, made, inputs)
        except (ClientError, Unready) as error:
            raise HalfMade(made, str(error)) from error
        return made

    def read(self, aws: Calls, key: str, state: State) -> dict[str, Any] | None:
        """What is there of it now; None for nothing."""
        try:
            found = self.look(aws, key, state)
        except ClientError as error:
            if is_gone(error):
                return None
            raise
        return None if found is None else dict(found)

    def finish(self, aws: Calls, made: Made, inputs: State) -> None:
        """Do once more what failed after it was made.

        Raises:
            ClientError: AWS refuses it again.
            Unready: It will never be ready.
        """
        self.more(aws, made, inputs)

    def update(self, aws: Calls, key: str, old: State, new: State, state: State) -> dict[str, Any]:
        """Change what differs.

        Args:
            aws: The API.
            key: Its id.
            old: Its inputs.
            new: What they become.
            state: What it has: a change is told all of that with its old inputs.

        Returns:
            The outputs that it changed.

        Raises:
            UnknownChange: The double does not know how.
        """
        differing = {key for key in {*old, *new} if old.get(key) != new.get(key)}
        unknown = sorted(differing - set(self.changes))
        if unknown:
            raise UnknownChange(
                f"the double does not know how to change {', '.join(unknown)} of {self.token}"
            )
        outputs: dict[str, Any] = {}
        calls = {self.changes[key]: None for key in sorted(differing)}
        for change in calls:
            outputs |= change(aws, key, {**state, **old}, new) or {}
        return outputs

    def delete(self, aws: Calls, key: str, state: State) -> None:
        """Remove it; one that is gone is removed."""
        try:
            self.remove(aws, key, state)
        except ClientError as error:
            if not is_gone(error):
                raise


def unique(prefix: str, length: int = 26) -> str:
    """A name of its own, as the provider makes them of prefixes."""
    return prefix + uuid4().hex[:length]


def listed(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as most of AWS's services take them."""
    return [{key: name, value: text} for name, text in sorted(tags.items())]


def mapped(tags: list[Mapping[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Tags as the provider has them."""
    return {tag[key]: tag[value] for tag in tags}


def retagged(old: State, new: State) -> tuple[dict[str, str], list[str]]:
    """Tags to set, and keys of those to take away."""
    before, after = old.get("tags") or {}, new.get("tags") or {}
    put = {key: value for key, value in after.items() if before.get(key) != value}
    return put, sorted(set(before) - set(after))
