"""Tools that the user has already."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machine.process import CommandFailed, run
from machine.toolchain.tool import Tool
from machine.toolchain.version import parse_version

_ANSWER_SECONDS = 10.0

Ask = Callable[[Sequence[str]], str]
"""Runs a command and returns all it printed; raises CommandFailed."""


@dataclass(frozen=True)
class Found:
    """What PATH holds of a tool.

    Attributes:
        programs: Name -> file; empty where the tool does not fit.
        why: Why it does not fit, as a clause; empty where it does.
        version: What the tool says of itself; empty where it says nothing readable.
    """

    programs: Mapping[str, Path]
    why: str = ""
    version: str = ""


def look_on_path(tool: Tool, path: str, ask: Ask | None = None) -> Found:
    """Look a tool up on PATH, as a shell would: the first of each name counts, and only that.

    Args:
        tool: The tool.
        path: Value of PATH.
        ask: Runs the version query; `run` by default.
    """
    if tool.private or tool.query is None:
        return Found({}, "it is not looked for there")
    places: dict[str, Path] = {}
    for program in tool.programs:
        place = shutil.which(program, path=path)
        if place is None:
            return Found({}, f"{program} is not on PATH")
        places[program] = Path(place)
    if tool.together and len({place.resolve().parent for place in places.values()}) > 1:
        where = ", ".join(str(place) for place in places.values())
        return Found({}, f"its programs are not from one folder: {where}")
    first = places[tool.programs[0]]
    try:
        said = (ask or _ask)([str(first), *tool.query.arguments])
    except CommandFailed as failure:
        return Found({}, f"{first} does not tell its version: {failure.tail or 'no answer'}")
    match = re.search(tool.query.pattern, said)
    if match is None:
        return Found({}, f"{first} does not tell its version")
    version = parse_version(match.group(1))
    if version is None or version not in tool.fits:
        return Found({}, f"{first} is {match.group(1)}, wanted {tool.fits}", match.group(1))
    return Found(places, version=str(version))


def _ask(command: Sequence[str]) -> str:
    result = run(command, timeout=_ANSWER_SECONDS)
    return f"{result.output}\n{result.errors}"
