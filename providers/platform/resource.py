"""What each kind of resource of the plugin can do, apart from how the engine asks for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.errors import PlatformError, Problem
from providers.platform.api import Api
from providers.platform.work import Work

Values = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of the engine.

    Attributes:
        work: Cache, status column, cancellation.
        connect: Gives the API server that this instance of the plugin was configured with.
        seconds: What the program allows for the operation (customTimeouts); None for the resource's own.
    """

    work: Work
    connect: Callable[[], Api]
    seconds: float | None = None


@dataclass(frozen=True)
class Difference:
    """What a change of inputs asks for.

    Attributes:
        changed: Properties that differ.
        replacing: Those of them that only a new resource can follow. The old one goes first: the new one
            has its name.
    """

    changed: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a resource turned out to be."""

    inputs: Values
    outputs: Values


class Incomplete(PlatformError):
    """It exists, and something of it is missing: the engine keeps it, and the next run goes on there.

    Attributes:
        identity: Its id.
        outputs: The outputs that are not inputs.
    """

    def __init__(self, identity: str, outputs: Values, problems: Sequence[Problem]) -> None:
        super().__init__(*problems)
        self.identity = identity
        self.outputs = outputs


class Resource(ABC):
    """A kind of resource. Values hold no marks of secrecy: those are the plugin's business.

    Attributes:
        computed: Outputs that are known only once the resource exists.
        lasting: Those of them that an update does not change.
        secret: Those of them that are secret.
    """

    computed: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()

    @abstractmethod
    def check(self, inputs: Mapping[str, Any]) -> Values:
        """Return inputs with their defaults.

        Raises:
            InputsRefused: They cannot be taken.
        """

    def diff(self, call: Call, identity: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
        """Compare checked inputs of the state with those of the program."""
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return Difference(tuple(changed))

    @abstractmethod
    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        """Make it; return its id and the outputs that are not inputs. Repeating it after a crash is fine.

        Raises:
            Incomplete: It exists, and something of it is missing.
        """

    @abstractmethod
    def read(self, call: Call, identity: str, inputs: Values, outputs: Values) -> Found | None:
        """Look at what is there; None if it is gone."""

    @abstractmethod
    def update(self, call: Call, identity: str, old: Values, new: Values, outputs: Values) -> Values:
        """Follow changed inputs; return the outputs that are not inputs."""

    @abstractmethod
    def delete(self, call: Call, identity: str, inputs: Values, outputs: Values) -> None:
        """Take it away; absent is fine."""
