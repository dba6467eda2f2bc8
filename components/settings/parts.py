"""What rules look at: the parts of a stack file that could be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from components.errors import Problem
from components.settings.keys import key_of
from components.settings.model import ClusterSettings, MnistExample, ModelService, PlatformSettings, Service
from components.settings.seen import seen


class Parts(Protocol):
    """The parts of a stack; `Settings` is one where all are there."""

    @property
    def cluster(self) -> ClusterSettings | None: ...
    @property
    def platform(self) -> PlatformSettings | None: ...
    @property
    def services(self) -> Mapping[str, Service]: ...


Rule = Callable[[Parts], Iterator[Problem]]


def models(parts: Parts) -> Iterator[tuple[str, ModelService]]:
    """The services that serve a model of the user's own, by name."""
    for name, service in parts.services.items():
        if isinstance(service, ModelService):
            yield name, service


def examples(parts: Parts) -> Iterator[tuple[str, MnistExample]]:
    """The services that are the built-in example, by name."""
    for name, service in parts.services.items():
        if isinstance(service, MnistExample):
            yield name, service


def wrong(*path: str | int, value: object, what: str, why: str, fix: str) -> Problem:
    """A problem at a path (section first) with the value there."""
    return Problem(what=what, why=why, fix=fix, key=key_of(path), seen=seen(value))
