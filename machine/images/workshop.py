"""What recipes work with: Go programs, package archives and wheels, each made or fetched once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from components.catalog.modules import GoModule
from machine.cache import Cache, remove_tree
from machine.images.debs import Deb
from machine.progress import Note, Reporter


class GoBuilder(Protocol):
    """What is used of `machine.gomodules.GoModules`."""

    def download(self, module: GoModule) -> Path:
        """The module's verified folder."""
        ...

    def build(
        self,
        module: GoModule,
        packages: Mapping[str, str],
        out: Path,
        *,
        ldflags: str = "",
        tags: str = "",
        overlay: Mapping[str, str] | None = None,
        log: Path,
        note: Note,
    ) -> None:
        """Build programs into a folder."""
        ...


@dataclass(frozen=True)
class Target:
    """A Go program to build.

    Attributes:
        module: Where it comes from.
        package: Its package, relative to the module's root.
        ldflags: Given to the linker.
        overlay: Files of ours in the module while it is built: pairs of path and text.
    """

    module: GoModule
    package: str
    ldflags: str = ""
    overlay: tuple[tuple[str, str], ...] = ()

    @property
    def group(self) -> tuple[str, ...]:
        """What programs that one run of the compiler can make have in common."""
        overlay = [f"{path}\n{text}" for path, text in self.overlay]
        return (str(self.module), self.module.sum, self.ldflags, *overlay)

    @property
    def identity(self) -> tuple[str, ...]:
        """What the program's bytes depend on."""
        return (*self.group, self.package)

    @property
    def file(self) -> str:
        """A file name that no other program of its group has."""
        return self.package.strip("./").replace("/", "-") or "root"


@dataclass(frozen=True)
class Supplies:
    """Where a workshop gets its material; each is asked for only when a layer has to be made.

    Attributes:
        go: Gives the builder of Go programs.
        debian: Gives the archives of Debian packages with all that they depend on.
        wheels: Gives the wheels that a lock file (name==version and hashes, pip's format) names.
    """

    go: Callable[[], GoBuilder]
    debian: Callable[[Sequence[str]], Sequence[Deb]]
    wheels: Callable[[str], Sequence[Path]]


class Workshop:
    """Makes what layers are made of, each thing once, safe from several threads."""

    def __init__(self, cache: Cache, supplies: Supplies, report: Reporter) -> None:
        self.cache = cache
        self.report = report
        self._supplies = supplies
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._guard = threading.Lock()
        self._expected: dict[tuple[str, ...], set[Target]] = {}

    def expect(self, targets: Iterable[Target]) -> None:
        """Announce programs that will be asked for: those of one module are then compiled together."""
        for target in targets:
            self._expected.setdefault(target.group, set()).add(target)

    def program(self, target: Target) -> Path:
        """A Go program, built with the expected others of its module.

        Raises:
            PlatformError: It does not compile, or its module cannot be had.
        """
        self.expect([target])
        folder = self._folder(target)
        with self._lock(target.group), self.cache.lock("images", "programs", folder.name):
            wanted = {
                t.file: t.package for t in self._expected[target.group] if not (folder / t.file).exists()
            }
            if wanted:
                self._build(target, wanted, folder)
        return folder / target.file

    def module(self, module: GoModule) -> Path:
        """The folder of a module."""
        return self._supplies.go().download(module)

    def debian(self, packages: Sequence[str]) -> Sequence[Deb]:
        """The archives of packages and of all that they depend on."""
        with self._lock(("debian",)):
            return self._supplies.debian(packages)

    def wheels(self, lock: str) -> Sequence[Path]:
        """The wheels that a lock file names."""
        return self._supplies.wheels(lock)

    def clear(self) -> None:
        """Drop the programs: layers hold them now, and the compiler's own cache can give them again."""
        for group, targets in self._expected.items():
            with self._lock(group):
                for target in targets:
                    remove_tree(self._folder(target))

    def _build(self, target: Target, wanted: Mapping[str, str], folder: Path) -> None:
        log = self.cache.path("logs", f"image-{target.module.path.replace('/', '-')}.log")
        with self.report.step(f"build {', '.join(sorted(wanted.values()))} of {target.module.path}") as note:
            self._supplies.go().build(
                target.module,
                wanted,
                folder,
                ldflags=target.ldflags,
                overlay=dict(target.overlay) or None,
                log=log,
                note=note,
            )

    def _folder(self, target: Target) -> Path:
        key = hashlib.sha256("\0".join(target.group).encode()).hexdigest()[:16]
        return self.cache.path("images", "programs", key)

    def _lock(self, name: tuple[str, ...]) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())
