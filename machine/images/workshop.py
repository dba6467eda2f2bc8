"""What recipes work with: Go programs, package archives and wheels, each made or fetched once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.catalog.modules import GoModule
from machine.cache import Cache, remove_tree
from machine.gomodules import GoModules
from machine.images.debs import Deb
from machine.images.layers import Layer, Layers
from machine.images.plan import LayerPlan
from machine.images.targets import Target
from machine.images.tree import Entry
from machine.process import run
from machine.progress import Reporter

_IN_USE = ("images", "workshops")


@dataclass(frozen=True)
class Supplies:
    """Where a workshop gets its material; each is asked for only when a layer has to be made.

    Attributes:
        go: Gives the builder of Go programs.
        debian: Gives the archives of Debian packages with all that they depend on, except packages that are
            to be taken for installed, and what only those need.
        wheels: Gives the wheels that a lock file (name==version and hashes, pip's format) names.
        npm: Has npm put the archive of a package (`name@version`) into a folder.
    """

    go: Callable[[], GoModules]
    debian: Callable[[Sequence[str], Sequence[str]], Sequence[Deb]]
    wheels: Callable[[str], Sequence[Path]]
    npm: Callable[[str, Path], None]


@contextmanager
def open_workshop(cache: Cache, supplies: Supplies, report: Reporter) -> Iterator[Workshop]:
    """A workshop whose programs and roots are dropped when all went well: layers hold them now.

    The last one of all runs on a cache drops them. One that dropped its own when it was done took away the
    folders in which another run, of another checkout, was building.
    """
    with cache.lock(*_IN_USE, shared=True):
        yield Workshop(cache, supplies, report)
    with cache.try_lock(*_IN_USE) as alone:
        if alone:
            remove_tree(cache.path("images", "programs"))
            remove_tree(cache.path("images", "roots"))


class Workshop:
    """Makes what layers are made of, each thing once, safe from several threads."""

    def __init__(self, cache: Cache, supplies: Supplies, report: Reporter) -> None:
        self.cache = cache
        self.layers = Layers(cache)
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

    def debian(self, packages: Sequence[str], assumed: Sequence[str] = ()) -> Sequence[Deb]:
        """The archives of packages and of all that they depend on.

        Args:
            packages: Names.
            assumed: Packages to take for installed: neither they nor what only they need is given.
        """
        with self._lock(("debian",)):
            return self._supplies.debian(packages, assumed)

    def wheels(self, lock: str) -> Sequence[Path]:
        """The wheels that a lock file names."""
        return self._supplies.wheels(lock)

    def npm(self, package: str, folder: Path) -> None:
        """Have npm put the archive of a package (`name@version`) into a folder."""
        self._supplies.npm(package, folder)

    def layer(self, plan: LayerPlan) -> Layer:
        """A layer, made if it is not there.

        Raises:
            PlatformError: It cannot be made.
        """
        if found := self.layers.find(plan.key):
            return found
        for lower in plan.below:
            self.layer(lower)  # before the step: waiting is no work of this layer

        def produce() -> tuple[Iterable[Entry], tuple[str, ...]]:
            made = plan.make(self)
            return made.entries, made.origin

        with self._lock(("layer", plan.key)):
            if found := self.layers.find(plan.key):
                return found
            with self.report.step(f"make the image layer: {plan.words}", expected=plan.seconds):
                return self.layers.make(plan.key, produce)

    @contextmanager
    def root(self, *plans: LayerPlan) -> Iterator[Path]:
        """A folder with layers unpacked one over the other, for programs that must run in it; no one else's
        meanwhile. It goes with the last workshop.
        """
        key = hashlib.sha256("\0".join(plan.key for plan in plans).encode()).hexdigest()[:16]
        layers = [self.layer(plan) for plan in plans]

        def unpack(aside: Path) -> None:
            aside.mkdir()
            for layer in layers:
                unpack_layer(self.layers.blobs.path(layer.blob), aside)

        with self._lock(("root", key)), self.cache.lock("images", "roots", key, "use"):
            yield self.cache.produce(("images", "roots", key), unpack)

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


def unpack_layer(layer: Path, folder: Path) -> None:
    """Unpack a layer's tar over a folder; everything belongs to whoever does it."""
    run(["tar", "--extract", f"--file={layer}", f"--directory={folder}", "--no-same-owner", "--overwrite"])
