"""What the table of tools says of each tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from machine.cache import Cache
from machine.gomodules import GoModules
from machine.progress import Note
from machine.toolchain.version import Range


@dataclass(frozen=True)
class VersionQuery:
    """How an installed program is asked for its version.

    Attributes:
        arguments: What follows the program's name.
        pattern: Regular expression over what it prints; its first group is the version.
    """

    arguments: tuple[str, ...]
    pattern: str


@dataclass(frozen=True)
class Release:
    """A tool's official release.

    `{version}`, `{os}` and `{arch}` are filled in, in every text.

    Attributes:
        url: What to download: the program itself, or a .tar.gz.
        checksums: The published file with its SHA-256: the sum alone, or lines of sum and file name.
        members: Program -> path inside the archive; empty where the download is the program itself.
        architectures: This machine's architecture -> the publisher's word for it.
    """

    url: str
    checksums: str
    members: Mapping[str, str] = field(default_factory=dict)
    architectures: Mapping[str, str] = field(default_factory=lambda: {"amd64": "amd64", "arm64": "arm64"})

    def fill(self, template: str, version: str, architecture: str) -> str:
        """A template of this release for one version and this machine."""
        return template.format(version=version, os="linux", arch=self.architectures[architecture])


@dataclass(frozen=True)
class Workshop:
    """What a recipe works with.

    Attributes:
        cache: The cache.
        modules: Gives the Go builder, and with it Go itself, only if a recipe asks for it.
        log: File that receives what programs print.
        note: Told in a few words what goes on.
    """

    cache: Cache
    modules: Modules
    log: Path
    note: Note


class Modules(Protocol):
    """Gives the Go builder when it is asked for."""

    def __call__(self) -> GoModules: ...


class Recipe(Protocol):
    """A way to make a tool out of package registries alone."""

    @property
    def origin(self) -> str:
        """What it makes the tool out of, for people."""
        ...

    def key(self) -> str:
        """Names everything that the result depends on: another recipe, another key."""
        ...

    def place(self, program: str) -> str:
        """Where below its folder a program of the tool lies, once made."""
        ...

    def make(self, folder: Path, shop: Workshop) -> None:
        """Fill a folder that does not exist yet with the tool's programs."""
        ...


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        name: Its name in messages and in the cache.
        version: The version that is fetched or built.
        programs: The files it consists of; the first is asked for its version.
        fits: The versions that will do when it is found on PATH.
        query: How to ask; None where it does not tell, and then PATH is not asked for it.
        recipe: How to make it here.
        release: Its official release; None where none is published with checksums.
        together: Whether its programs must come from one folder, as a matching set.
        private: Whether it is a whole tree whose programs only its keeper runs: never looked for on PATH,
            and not put there (it would hide the machine's own tar and perl).
        compiler: Whether it is what everything else is built with; then PATH is asked even where tools are
            to be built.
    """

    name: str
    version: str
    programs: tuple[str, ...]
    fits: Range
    query: VersionQuery | None
    recipe: Recipe
    release: Release | None = None
    together: bool = False
    private: bool = False
    compiler: bool = False
