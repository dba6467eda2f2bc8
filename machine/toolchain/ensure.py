"""Having a tool: on PATH at a fitting version, else its official release, else made here."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from components.errors import PlatformError
from machine.cache import Cache
from machine.gomodules import GoModules
from machine.progress import Reporter
from machine.sidebyside import side_by_side
from machine.toolchain.onpath import look_on_path
from machine.toolchain.release import Releases, ReleaseUnreachable, has_release
from machine.toolchain.table import TOOLS
from machine.toolchain.tool import Tool, Workshop

VARIABLE = "KSERVE_PLATFORM_TOOLS"


class Source(StrEnum):
    """Where tools may come from, as the user says in $KSERVE_PLATFORM_TOOLS."""

    AUTO = "auto"
    PATH = "path"
    OFFICIAL = "official"
    BUILD = "build"


@dataclass(frozen=True)
class Provided:
    """A tool that is there.

    Attributes:
        tool: Its entry in the table.
        programs: Name -> file.
        origin: Where it came from, for people: "PATH", "official release" or the recipe's word.
        version: Its version.
    """

    tool: Tool
    programs: Mapping[str, Path]
    origin: str
    version: str


class Toolchain:
    """Provides tools; safe from several threads, and two runs at once do the work once."""

    def __init__(
        self,
        cache: Cache,
        report: Reporter,
        *,
        tools: Sequence[Tool] = TOOLS,
        environment: Mapping[str, str] | None = None,
        releases: Releases | None = None,
    ) -> None:
        """Prepare; nothing is looked for before `ensure`.

        Args:
            cache: Where tools are kept that were not found.
            report: Told about each download and build.
            tools: The table.
            environment: Where PATH and $KSERVE_PLATFORM_TOOLS are read; the process's own by default.
            releases: Fetches official releases.

        Raises:
            PlatformError: $KSERVE_PLATFORM_TOOLS holds no known word.
        """
        self._environment = dict(os.environ if environment is None else environment)
        self._source = _source(self._environment.get(VARIABLE) or Source.AUTO)
        self._cache = cache
        self._report = report
        self._releases = releases or Releases()
        self._tools = {program: tool for tool in tools for program in (tool.name, *tool.programs)}
        self._provided: dict[str, Provided] = {}
        self._locks = {tool.name: threading.Lock() for tool in tools}

    def ensure(self, *names: str) -> dict[str, Path]:
        """Have tools ready, those that are missing side by side.

        Args:
            names: Programs of the table, or names of tools (then the tool's first program is returned).

        Returns:
            Name as asked for -> file to run.

        Raises:
            PlatformError: One cannot be had; what was tried, and why it failed. All failures at once.
        """
        wanted = {name: self._tools[name] for name in names}
        tools = dict.fromkeys(tool.name for tool in wanted.values())
        side_by_side([partial(self.provide, name) for name in tools])
        ready = {name: self.provide(tool.name) for name, tool in wanted.items()}
        return {
            name: provided.programs.get(name) or provided.programs[provided.tool.programs[0]]
            for name, provided in ready.items()
        }

    def provide(self, name: str) -> Provided:
        """Have one tool ready and say where it came from.

        Raises:
            PlatformError: As `ensure`.
        """
        tool = self._tools[name]
        with self._locks[tool.name]:
            if tool.name not in self._provided:
                self._provided[tool.name] = self._find_or_make(tool)
            return self._provided[tool.name]

    def path(self) -> str:
        """Value of PATH for programs we start: the tools provided so far, then the user's own PATH."""
        folders = {
            str(program.parent)
            for provided in self._provided.values()
            if provided.origin != "PATH" and not provided.tool.private
            for program in provided.programs.values()
        }
        return os.pathsep.join([*sorted(folders), self._environment.get("PATH", os.defpath)])

    def modules(self) -> GoModules:
        """The Go builder, with Go itself provided first."""
        return GoModules(self._cache, self.ensure("go")["go"])

    def _find_or_make(self, tool: Tool) -> Provided:
        tried: list[str] = []
        if self._source in {Source.AUTO, Source.PATH} or tool.compiler:
            found = look_on_path(tool, self._environment.get("PATH", os.defpath))
            if found.programs:
                return Provided(tool, found.programs, "PATH", found.version)
            tried.append(f"PATH: {found.why}")
        built = ("tools", tool.name, f"{tool.version}-{tool.recipe.key()}")
        may_build = self._source in {Source.AUTO, Source.BUILD} or tool.compiler
        # What was built once is not exchanged for a download because a host answers today.
        if may_build and self._cache.path(*built).exists():
            return _provided(tool, self._cache.path(*built))
        if self._source in {Source.AUTO, Source.OFFICIAL} and has_release(tool.release):
            try:
                return self._official(tool)
            except ReleaseUnreachable as unreachable:
                tried.append(f"official release: {unreachable.problems[0].what}")
        if may_build:
            return self._build(tool, built)
        raise PlatformError.single(
            f"{tool.name} {tool.fits} cannot be had",
            key=VARIABLE,
            seen=str(self._source),
            why="; ".join(tried) or "no official release of it is published with checksums",
            fix=f"Install it, or unset {VARIABLE}.",
        )

    def _official(self, tool: Tool) -> Provided:
        parts = ("tools", tool.name, f"{tool.version}-official")
        if not self._cache.path(*parts).exists():
            with self._report.step(f"fetch {tool.name}") as note:
                self._cache.produce(parts, lambda aside: self._releases.fetch(tool, aside, note), note)
        folder = self._cache.path(*parts)
        programs = {name: folder / name for name in tool.programs}
        return Provided(tool, programs, "official release", tool.version)

    def _build(self, tool: Tool, parts: tuple[str, ...]) -> Provided:
        log = self._cache.folder("logs") / f"build-{tool.name}.log"
        with self._report.step(f"build {tool.name}") as note:
            shop = Workshop(self._cache, self.modules, log, note)
            self._cache.produce(parts, lambda aside: tool.recipe.make(aside, shop), note)
        return _provided(tool, self._cache.path(*parts))


def _provided(tool: Tool, folder: Path) -> Provided:
    programs = {name: folder / tool.recipe.place(name) for name in tool.programs}
    return Provided(tool, programs, tool.recipe.origin, tool.version)


def _source(word: str) -> Source:
    if word in set(Source):
        return Source(word)
    raise PlatformError.single(
        "not a source of tools",
        key=VARIABLE,
        seen=word,
        fix=f"Set it to one of: {', '.join(Source)}; or unset it.",
    )
