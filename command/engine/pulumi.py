"""The engine of one stack: short commands, and the long ones with their progress."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from command.display.board import Board
from command.engine.environment import engine_variables, search_path
from command.engine.events import parse_event
from command.engine.kubernetes_plugin import KubernetesPlugin
from command.engine.places import Places
from command.engine.policies import PolicyPack
from command.engine.progress import Closed, EngineProgress, Noted, Opened, Rested, Update, Warned
from command.engine.run import Outcome, run_engine
from machine.process import CommandFailed, last_lines, run

_SHORT_SECONDS = 120.0
_PLUGIN_SECONDS = 180.0
_VERBS = {"destroy": "remove"}
_JUDGED = ("preview", "up")


@dataclass(frozen=True)
class Engine:
    """Pulumi, ready to run for one stack.

    Attributes:
        places: The stack's files.
        folders: Folders before PATH: the environment's programs, the tools, perhaps the stand-in.
        plugin: The Kubernetes plugin that was chosen.
        extra: More variables, e.g. where images come from.
        pack: The policy pack that judges what is made; None for none.
    """

    places: Places
    folders: tuple[str, ...]
    plugin: KubernetesPlugin
    extra: Mapping[str, str] = field(default_factory=dict)
    pack: PolicyPack | None = None

    def variables(self) -> dict[str, str]:
        """Everything that the engine's process needs beside what it inherits."""
        folders = (*self.folders, *((str(self.pack.programs),) if self.pack else ()))
        return {
            **engine_variables(self.places, offline=not self.plugin.official),
            **self.extra,
            "PATH": search_path(folders, os.environ.get("PATH", os.defpath)),
            "PULUMI_OPTION_CONFIG_FILE": str(self.places.engine_stack_file),
            # Else the events of a preview come all at once, as one document, and without the policies'.
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",
        }

    def call(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run a short command and return what it printed.

        Raises:
            CommandFailed: It failed, or took longer than two minutes.
        """
        return run(
            ["pulumi", *arguments, "--non-interactive"],
            environment=self.variables(),
            cwd=self.places.checkout,
            stdin=stdin,
            timeout=_SHORT_SECONDS,
        ).output

    def operate(self, board: Board, *arguments: str) -> tuple[Outcome, EngineProgress]:
        """Run `up`, `destroy`, `refresh`, ... and show what happens as steps of the board."""
        progress = EngineProgress(_VERBS.get(arguments[0], ""))

        def take(line: str) -> None:
            if event := parse_event(line):
                show(board, progress.apply(event))

        outcome = self._run(board, [*arguments, "--yes", "--skip-preview"], take)
        show(board, progress.finish())
        return outcome, progress

    def preview(self, board: Board) -> tuple[Outcome, EngineProgress]:
        """Work out what `up` would do, and have the policy pack judge it; nothing is changed or shown."""
        progress = EngineProgress()

        def take(line: str) -> None:
            if event := parse_event(line):
                progress.apply(event)

        return self._run(board, ["preview"], take), progress

    def _run(self, board: Board, arguments: Sequence[str], take: Callable[[str], None]) -> Outcome:
        judged = self.pack is not None and arguments[0] in _JUDGED
        return run_engine(
            [*arguments, "--non-interactive", "--color=never"],
            variables={**self.variables(), **(self.pack.variables if self.pack and judged else {})},
            cwd=self.places.checkout,
            log=self.places.log(f"pulumi-{arguments[0]}"),
            session_file=self.places.session,
            on_line=take,
            on_stopping=board.say,
        )


def show(board: Board, updates: Sequence[Update]) -> None:
    """Pass updates of steps to a board."""
    for update in updates:
        match update:
            case Opened(step):
                board.open(step)
            case Noted(step, note):
                board.note(step, note)
            case Rested(step):
                board.rest(step)
            case Closed(step, failed, changed):
                note = f"{changed} resource{'s' if changed != 1 else ''}"
                board.close(step, failed=failed, note="" if failed else note)
            case Warned(text):
                board.say(f"warning: {text}")


def download_plugin(places: Places, folders: Sequence[str], name: str, version: str) -> str | None:
    """Have Pulumi install one of its plugins into this cache; returns why it cannot, or None."""
    variables = engine_variables(places, offline=False)
    variables["PATH"] = search_path(folders, os.environ.get("PATH", os.defpath))
    places.home.mkdir(parents=True, exist_ok=True)
    try:
        run(
            ["pulumi", "plugin", "install", "resource", name, version],
            environment=variables,
            cwd=places.home,
            timeout=_PLUGIN_SECONDS,
        )
    except CommandFailed as failure:
        return reason(failure.tail) or "no answer within three minutes"
    return None


def reason(text: str) -> str:
    """The innermost cause in Pulumi's words: it prints the network's error only with each attempt."""
    causes: list[str] = re.findall(r"dial \w+: (.*)$", text, flags=re.MULTILINE)
    return causes[-1] if causes else last_lines(text, 1).removeprefix("error: ")


def environment_folders(checkout: Path) -> tuple[str, ...]:
    """The project's Python programs: the language host starts whatever `python` comes first."""
    return (str(checkout / ".venv" / "bin"),)
