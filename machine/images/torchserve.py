"""The TorchServe image: Debian's PyTorch and Java, TorchServe's wheels, KServe's protocol server.

What it consists of is said by `servers.torchserve.recipe`; here that becomes layers. Python's bytecode is a
layer of its own, compiled by the image's own Python.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, cast

from components.catalog.recipes import TorchServe
from machine.images import debian, debs, layers, tree, wheels
from machine.images.debs import Deb
from machine.images.oci import Run
from machine.images.plan import ImagePlan, LayerPlan, Made
from machine.images.tree import Entry
from machine.images.workshop import Workshop, unpack_layer
from machine.process import CommandFailed
from servers.torchserve import elf, recipe
from servers.torchserve.root import run_in_root

_HERE = sys.modules[__name__]
_SERVER = recipe.SERVER.removeprefix("/")


def torchserve(reference: str, version: TorchServe) -> ImagePlan:
    """The image of TorchServe behind KServe's protocols."""
    del version  # the wheels' lock says it
    run = Run(
        (*recipe.ENTRYPOINT,),
        arguments=recipe.COMMAND,
        user=f"{recipe.USER}:{recipe.USER}",
        environment=recipe.ENVIRONMENT,
        folder=recipe.WORKING_DIRECTORY,
        ports=recipe.PORTS,
    )
    return ImagePlan(reference, (*model_layers(), *_server_layers()), run)


def model_layers() -> tuple[LayerPlan, ...]:
    """Python, PyTorch, TorchServe: what a model is trained, archived and run with."""
    system, torchserve_wheels = _system(), _wheels(recipe.WHEELS[0])
    return system, torchserve_wheels, _bytecode((system, torchserve_wheels), recipe.COMPILE, "of Python")


def _system() -> LayerPlan:
    def make(workshop: Workshop) -> Made:
        archives = workshop.debian(recipe.PACKAGES, recipe.LEFT_OUT)
        return Made(_system_files(archives), debs.versions(archives, recipe.PACKAGES[:4]))

    inputs = [
        *recipe.PACKAGES,
        *recipe.LEFT_OUT,
        *recipe.REMOVED,
        repr(dict(recipe.UNCALLED_LIBRARIES)),
        repr(dict(recipe.TEXTS)),
        repr(dict(recipe.LINKS)),
        repr(recipe.FOLDERS),
    ]
    key = layers.layer_key(inputs, _HERE, debian, debs, elf)
    return LayerPlan("PyTorch and Java of Debian", key, make, seconds=45)


def _system_files(archives: Sequence[Deb]) -> Iterator[Entry]:
    certificates = next(deb for deb in archives if deb.name == "ca-certificates")
    own = chain(
        debian.frame(),
        (tree.file(path, text) for path, text in recipe.TEXTS.items()),
        (tree.link(path, target) for path, target in recipe.LINKS.items()),
        (tree.folder(f.path, mode=f.mode, owner=(f.owner, f.owner)) for f in recipe.FOLDERS),
        debian.certificates(certificates),
        debian.package_records(archives),
    )
    removed = re.compile("|".join(_pattern(glob) for glob in recipe.REMOVED))
    yield from own
    for entry in debian.contents(archives, ("usr/share/ca-certificates/",)):
        if removed.match(entry.path):
            continue
        names = recipe.UNCALLED_LIBRARIES.get(entry.path)
        yield from [entry] if names is None else _without_needed(entry, names)


def _without_needed(entry: Entry, names: Sequence[str]) -> Iterator[Entry]:
    with tempfile.NamedTemporaryFile() as copy:
        source = cast("IO[bytes]", entry.source)
        while chunk := source.read(1 << 20):
            copy.write(chunk)
        copy.flush()
        elf.drop_needed(Path(copy.name), names)
        yield tree.file(entry.path, Path(copy.name), mode=entry.mode)


def _wheels(chosen: recipe.Wheels) -> LayerPlan:
    lock = chosen.requirements.read_text(encoding="utf-8")

    def make(workshop: Workshop) -> Made:
        found = workshop.wheels(lock)
        entries = (entry for wheel in found for entry in wheels.wheel_files(wheel, chosen.target))
        asked = chosen.requirements.with_suffix(".in").read_text(encoding="utf-8")
        return Made(entries, wheels.versions(found, asked))

    key = layers.layer_key([lock, chosen.target], _HERE, wheels)
    return LayerPlan(f"wheels in /{chosen.target}", key, make, seconds=8)


def _server_layers() -> tuple[LayerPlan, ...]:
    server_wheels, sources = _wheels(recipe.WHEELS[1]), _sources()
    (*command, _) = recipe.COMPILE[: recipe.COMPILE.index("/usr/lib/python3.11") + 1]
    bytecode = _bytecode(
        model_layers()[:2], (*command, recipe.SERVER), "of the server", (server_wheels, sources)
    )
    return server_wheels, sources, bytecode


def _sources() -> LayerPlan:
    def make(workshop: Workshop) -> Made:
        del workshop
        files = [tree.file(path, source) for path, source in sorted(recipe.SOURCES.items())]
        return Made(files, ("kserve-platform/servers/torchserve",))

    texts = [
        f"{path}\n{source.read_text(encoding='utf-8')}" for path, source in sorted(recipe.SOURCES.items())
    ]
    return LayerPlan("KServe's protocol server", layers.layer_key(texts, _HERE), make)


def _bytecode(
    below: tuple[LayerPlan, ...], command: Sequence[str], words: str, over: tuple[LayerPlan, ...] = ()
) -> LayerPlan:
    """What Python compiles in a root of layers: of the upper ones only, if there are any."""

    def make(workshop: Workshop) -> Made:
        with workshop.root(*below) as root, tempfile.TemporaryDirectory() as work:
            for plan in over:
                unpack_layer(workshop.layers.blobs.path(workshop.layer(plan).blob), root)
            log = workshop.cache.path("logs", "image-bytecode.log")
            try:
                # One process and a fixed hash seed: else sets in the code are written in another order.
                run_in_root(root, command, Path(work), log, environment={"PYTHONHASHSEED": "0"})
            except CommandFailed as failure:
                if failure.status != 1:  # 1 is a file written for another Python
                    raise
            found = [path for path in sorted(root.rglob("*.pyc")) if _is_of_server(path, root) == bool(over)]
            return Made([tree.file(path.relative_to(root).as_posix(), path.read_bytes()) for path in found])

    inputs = [*(plan.key for plan in (*below, *over)), *command]
    key = layers.layer_key(inputs, _HERE)
    return LayerPlan(f"bytecode {words}", key, make, below=(*below, *over), seconds=30)


def _is_of_server(path: Path, root: Path) -> bool:
    return path.is_relative_to(root / _SERVER)


def _pattern(glob: str) -> str:
    """A glob with ** as a regular expression for the start of a path, so that it takes whole folders."""
    parts = re.split(r"(\*\*/|\*)", glob)
    meaning = {"**/": "(?:.+/)?", "*": "[^/]*"}
    return f"(?:{''.join(meaning.get(part, re.escape(part)) for part in parts)})(?:/|$)"
