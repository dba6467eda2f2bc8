"""Doubles of what images are made with: a Go builder, a reporter, small images, and a `docker` program."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from components.catalog.modules import GoModule
from components.errors import PlatformError
from machine.cache import Cache
from machine.docker.endpoint import DockerEndpoint
from machine.gomodules import GoModules
from machine.images import oci, tree
from machine.images.blobs import Blobs
from machine.images.debs import Deb
from machine.images.layers import write_layer
from machine.images.oci import BuiltImage, Run
from machine.images.workshop import Supplies
from machine.progress import Note

MODULE = GoModule("example.com/tool", "v1.2.3", "h1:AAAA=", "h1:BBBB=")


@dataclass
class GoBuilderDouble(GoModules):
    """Writes a file with the program's name instead of compiling it, and counts."""

    folder: Path
    broken: set[str] = field(default_factory=set)
    builds: list[list[str]] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def download(self, module: GoModule) -> Path:
        return self.folder

    def build(
        self,
        module: GoModule,
        packages: Mapping[str, str],
        out: Path,
        *,
        ldflags: str = "",
        **how: object,
    ) -> None:
        with self.guard:
            self.builds.append(sorted(packages.values()))
        if self.broken & set(packages.values()):
            raise PlatformError.single(f"could not build {module}")
        out.mkdir(parents=True, exist_ok=True)
        for name, package in packages.items():
            (out / name).write_text(f"{module} {package} {ldflags}")


def supplies(go: GoBuilderDouble, debs: Sequence[Deb] = ()) -> Supplies:
    """Material of doubles: every question for packages is answered with the same archives."""
    return Supplies(
        go=lambda: go,
        debian=lambda names, assumed: list(debs),
        wheels=lambda lock: [],
        npm=lambda package, folder: None,
    )


@dataclass
class RecordingReporter:
    """Remembers the names of steps, and how they ended."""

    steps: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, *, expected: float | None = None) -> Iterator[Note]:
        self.steps.append(name)
        try:
            yield lambda text: None
        except BaseException:
            self.failed.append(name)
            raise


def small_image(cache: Cache, reference: str, *contents: str) -> BuiltImage:
    """A real image in a cache: one layer for each text."""
    blobs = Blobs(cache)
    layers = [(text, write_layer(blobs, [tree.file("etc/text", text)])) for text in contents]
    return oci.assemble(blobs, reference, layers, Run(("/bin/true",)), ["example.com/tool@v1.2.3"])


class DockerDouble:
    """A `docker` program that answers from a script of answers and keeps what it was asked and sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "answers.json").write_text("{}")
        program = folder / "docker"
        program.write_text(f"#!{sys.executable} -IS{_PROGRAM}")
        program.chmod(0o755)

    @property
    def endpoint(self) -> DockerEndpoint:
        return DockerEndpoint("unix:///nowhere", None, private=True, tools=(str(self.folder),))

    def answer(self, words: str, output: str = "", *, status: int = 0, errors: str = "") -> None:
        """What to say when the arguments hold these words."""
        file = self.folder / "answers.json"
        known = json.loads(file.read_text())
        file.write_text(json.dumps({**known, words: [output, status, errors]}))

    @property
    def asked(self) -> list[str]:
        """The argument vectors so far, as lines."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def received(self) -> Path:
        """The last standard input that was not empty."""
        return self.folder / "received"


_PROGRAM = """
import json, pathlib, sys
here = pathlib.Path(__file__).parent
asked = " ".join(sys.argv[1:]).replace("\\n", ";")
with open(here / "asked", "a") as log:
    log.write(asked + "\\n")
for words, (output, status, errors) in json.loads((here / "answers.json").read_text()).items():
    if words in asked:
        if status == 0 and (data := sys.stdin.buffer.read()):
            (here / "received").write_bytes(data)
        sys.stdout.write(output)
        sys.stderr.write(errors)
        sys.exit(status)
if data := sys.stdin.buffer.read():
    (here / "received").write_bytes(data)
"""
