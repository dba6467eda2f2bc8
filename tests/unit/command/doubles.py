"""Doubles of the machine and the engine, for the commands' tests."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from command.diagnosis.reader import Reader
from command.display.board import Board
from command.engine.events import parse_event
from command.engine.kubernetes_plugin import KubernetesPlugin
from command.engine.places import Places
from command.engine.policies import PolicyPack
from command.engine.progress import EngineProgress
from command.engine.pulumi import show
from command.engine.run import Outcome
from machine.cache import Cache


@dataclass
class FakeEngine:
    """A double of the engine: plays recorded events and ends with a status."""

    places: Places
    events: list[str] = field(default_factory=list)
    outcome: Outcome = field(default_factory=lambda: Outcome(0, 1.0, "", False))
    operations: list[str] = field(default_factory=list)
    plugin: KubernetesPlugin = field(default_factory=lambda: KubernetesPlugin(True, None, "official"))
    answers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    pack: PolicyPack | None = None
    previewed: list[str] = field(default_factory=list)

    def variables(self) -> dict[str, str]:
        return {}

    def call(self, *arguments: str, stdin: bytes | None = None) -> str:
        self.operations.append(" ".join(arguments))
        return self.answers.get(" ".join(arguments), "")

    def preview(self, board: Board) -> tuple[Outcome, EngineProgress]:
        self.operations.append("preview")
        progress = EngineProgress()
        for line in self.previewed:
            if event := parse_event(line):
                progress.apply(event)
        return self.outcome, progress

    def operate(self, board: Board, *arguments: str) -> tuple[Outcome, EngineProgress]:
        self.operations.append(" ".join(arguments))
        progress = EngineProgress()
        for line in self.events:
            if event := parse_event(line):
                show(board, progress.apply(event))
        show(board, progress.finish())
        return self.outcome, progress


@dataclass
class FakeMachine:
    """A double of the machine: nothing is installed, a cluster answers out of a reader."""

    fake: FakeEngine
    read: Reader | None = None
    makes_cluster: bool = True
    is_here: bool = True
    done: list[str] = field(default_factory=list)
    docker: dict[str, str] = field(default_factory=dict)

    def program(self, name: str) -> Path:
        return Path("/tools", name)

    def docker_variables(self) -> dict[str, str]:
        return self.docker

    def prepare(self) -> None:
        self.done.append("prepare")

    def sign_in(self) -> None:
        self.done.append("sign in")

    def engine(self) -> FakeEngine:
        self.done.append("engine")
        return self.fake

    def remove_cluster(self) -> None:
        self.done.append("remove cluster")

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        assert self.read is not None
        yield self.read


class Lines:
    """A view that keeps what it is told."""

    def __init__(self) -> None:
        self.opened_steps: list[str] = []
        self.closed_steps: list[tuple[str, bool]] = []
        self.text = io.StringIO()

    def opened(self, step: Any, now: float) -> None:
        self.opened_steps.append(step.name)

    def noted(self, step: Any, now: float) -> None:
        """Notes pass."""

    def closed(self, step: Any, now: float) -> None:
        self.closed_steps.append((step.name, step.failed))

    def said(self, text: str, now: float) -> None:
        self.text.write(f"{text}\n")

    def finish(self) -> None:
        """Nothing is held."""


def places_in(folder: Path, stack_file: str) -> Places:
    """A checkout with a stack file, a cache beside it, a state that is there already."""
    places = Places(Cache(folder / "cache"), "local", folder / "checkout")
    places.stack_file.parent.mkdir(parents=True)
    places.stack_file.write_text(stack_file)
    return places


def with_state(places: Places, snapshot: Mapping[str, Any]) -> None:
    """Give a stack a state."""
    import json

    places.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    places.checkpoint.write_text(json.dumps({"version": 3, "checkpoint": {"latest": snapshot}}))
