"""Pinned Go modules: fetched and verified, and the programs in them built as their authors locked them.

A module's archive holds its own go.mod and go.sum; with them aside (`-modfile`) and its folder as the
working directory, the go command builds exactly what upstream built: no tidying, no network beyond the
proxy, the same bytes every time. What an archive cannot hold, the folders beside it that a go.mod may name
(`replace k8s.io/api => ./staging/...`, `=> ../api`), is turned into the published modules: `golocks`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from components.catalog.modules import MODULES, GoModule
from components.errors import PlatformError
from machine.cache import Cache, write_atomically
from machine.gofailures import ModuleSumMismatch, RegistryUnreachable, explain
from machine.golocks import local_replaces, publish
from machine.process import CommandFailed, last_lines, run, run_logged
from machine.progress import Note

IN_USE = ("go", "in-use")
"""The lock that every user of the module and build caches shares, and that who empties them has alone."""

_PINS = "components/catalog/modules.py"
_ATTEMPTS = 3
# Two builds side by side fill what one leaves idle while it links or downloads; a third only costs memory.
_COMPILING = threading.BoundedSemaphore(2)
_COMPILE = ("-trimpath", "-gcflags=all=-dwarf=false")


class GoModules:
    """Fetches and builds Go modules in the cache; safe from several threads and several processes."""

    def __init__(self, cache: Cache, go: Path, *, pins: Sequence[GoModule] = MODULES) -> None:
        """Work with the go command at a path.

        Args:
            cache: Where modules, locks and compiled packages are kept.
            go: The go command.
            pins: Modules whose sums are known: they stand in for folders that archives do not hold.
        """
        self._cache = cache
        self._go = go
        self._pins = tuple(pins)

    def environment(self) -> dict[str, str]:
        """The variables under which every go command runs.

        Nothing of the user's own build settings leaks in, while their proxy and checksum settings hold.
        """
        return {
            "GOMODCACHE": str(self._cache.folder("go", "mod")),
            "GOCACHE": str(self._cache.folder("go", "build")),
            "GOFLAGS": "-modcacherw -buildvcs=false",
            "GOTOOLCHAIN": "local",
            "GO111MODULE": "on",
            "GOWORK": "off",
            "GOOS": "linux",
            "GOAMD64": "v1",
            "GOEXPERIMENT": "",
            "CGO_ENABLED": "0",
        }

    def download(self, module: GoModule) -> Path:
        """Return the module's folder in the module cache, its content checked against the pinned sum.

        Raises:
            ModuleSumMismatch: What came has another sum than the catalog says.
            RegistryUnreachable: No answer.
            RegistryRefused: The registry does not serve it.
            DiskFull: No room.
        """
        stamp = self._cache.path("go", "verified", quote(str(module), safe="@"))
        known = stamp.read_text(encoding="utf-8").splitlines() if stamp.exists() else []
        if known[:1] == [module.sum] and (folder := self._cache.path(*known[1].split("/"))).is_dir():
            return folder
        with self._cache.lock(*IN_USE, shared=True), self._cache.lock("go-download", str(module)):
            answer = self._fetch(module)
        folder, came = Path(answer["Dir"]), answer["Sum"]
        if came != module.sum:
            raise ModuleSumMismatch(str(module), module.sum, came, where=_PINS)
        if answer["GoModSum"] != module.manifest_sum:
            came = answer["GoModSum"]
            raise ModuleSumMismatch(f"{module}/go.mod", module.manifest_sum, came, where=_PINS)
        write_atomically(stamp, f"{module.sum}\n{folder.relative_to(self._cache.root).as_posix()}\n")
        return folder

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
        """Build programs of a module, all in one go, and put them into a folder, whole or not at all.

        Args:
            module: Where the programs are.
            packages: File name to write -> package, relative to the module's root ("cmd/helm", ".").
            out: Folder that receives the programs.
            ldflags: Given to the linker after `-s -w`.
            tags: Build tags, with commas.
            overlay: Path inside the module -> text of a file of ours that is put there: replaces a file of
                upstream's, or adds one (a main package of ours that dispatches to several commands).
            log: Receives all that the go command prints.
            note: Told in a few words what goes on.

        Raises:
            PlatformError: As `download`; or it does not compile, with the last lines and the log.
        """
        with self._cache.lock(*IN_USE, shared=True):
            self._build(module, packages, out, (ldflags, tags), overlay or {}, log, note)

    def _build(
        self,
        module: GoModule,
        packages: Mapping[str, str],
        out: Path,
        flags: tuple[str, str],
        overlay: Mapping[str, str],
        log: Path,
        note: Note,
    ) -> None:
        ldflags, tags = flags
        tree = self._tree(module, self.download(module), overlay)
        arguments = ["-tags", tags] if tags else []
        wanted = {name: _package(package) for name, package in packages.items()}
        lock = self._lock(module, tree, (*arguments, *sorted(wanted.values())), log, note)
        out.mkdir(parents=True, exist_ok=True)
        common = [
            # readonly: an archive may hold an empty vendor folder, and go would look for packages in it.
            *("build", "-v", "-mod=readonly", f"-modfile={lock / 'go.mod'}", *_COMPILE),
            *("-ldflags", f"-s -w {ldflags}".strip(), *arguments),
        ]
        with tempfile.TemporaryDirectory(dir=out, prefix=".go-") as aside, _COMPILING:
            for batch in _batches(module, wanted):
                target = Path(aside) / "out"
                target.mkdir()
                self._run([*common, "-o", f"{target}/", *batch.values()], tree, log, note, f"build {module}")
                for name, package in batch.items():
                    os.replace(target / _program(module, package), out / name)
                target.rmdir()

    def _fetch(self, module: GoModule) -> dict[str, str]:
        # The sum is pinned here, so the checksum database is not asked: it refuses a few modules.
        environment = {**self.environment(), "GONOSUMDB": module.path}
        with tempfile.TemporaryDirectory(dir=self._cache.folder("go")) as empty:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    answer = run(
                        [self._go, "mod", "download", "-json", str(module)],
                        cwd=Path(empty),
                        environment=environment,
                    )
                except CommandFailed as failure:
                    error = explain(f"download {module}", failure.tail, "")
                    if attempt == _ATTEMPTS or not isinstance(error, RegistryUnreachable):
                        raise error from None
                else:
                    return {key: str(value) for key, value in json.loads(answer.output).items()}
        raise AssertionError("the loop above returns or raises")

    def _tree(self, module: GoModule, folder: Path, overlay: Mapping[str, str]) -> Path:
        """The module's folder, or a copy by hard links with our files in it.

        The go command's own -overlay refuses files below the module cache.
        """
        if not overlay:
            return folder

        def fill(aside: Path) -> None:
            shutil.copytree(folder, aside, copy_function=os.link)
            for name, text in overlay.items():
                target = aside / name
                target.unlink(missing_ok=True)  # the module cache shares this file: never write into it
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")

        key = _key(module.sum, json.dumps(overlay, sort_keys=True))
        return self._cache.produce(("go", "trees", f"{quote(str(module), safe='@')}-{key}"), fill)

    def _lock(self, module: GoModule, tree: Path, wanted: Sequence[str], log: Path, note: Note) -> Path:
        """A folder with the go.mod and go.sum to build with: upstream's, or one without folders."""
        replaced = local_replaces(
            run([self._go, "mod", "edit", "-json"], cwd=tree, environment=self.environment()).output
        )
        if not replaced:
            return self._cache.produce(("go", "locks", quote(str(module), safe="@")), _copy_lock(tree))
        edits, sums = publish(replaced, self._pins)

        def resolve(aside: Path) -> None:
            _copy_lock(tree)(aside)
            manifest = aside / "go.mod"
            run([self._go, "mod", "edit", *edits, manifest], environment=self.environment())
            with open(aside / "go.sum", "a", encoding="utf-8") as handle:
                handle.write(sums)
            command = ["list", "-deps", "-mod=mod", f"-modfile={manifest}", *wanted]
            self._run(command, tree, log, note, f"resolve the modules of {module}")

        name = f"{quote(str(module), safe='@')}-{_key(module.sum, *edits, sums, *wanted, str(tree))}"
        return self._cache.produce(("go", "locks", name), resolve)

    def _run(self, arguments: Sequence[str], tree: Path, log: Path, note: Note, doing: str) -> None:
        listen = _Listener(note)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                run_logged(
                    [self._go, *arguments], log, cwd=tree, environment=self.environment(), on_line=listen
                )
                return
            except CommandFailed as failure:
                error: PlatformError = explain(doing, listen.complaints() or failure.tail, str(log))
                if attempt == _ATTEMPTS or not isinstance(error, RegistryUnreachable):
                    raise error from None


class _Listener:
    """Turns the go command's lines into short notes, and remembers those that are complaints."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._compiled = 0
        self._lines: list[str] = []

    def __call__(self, line: str) -> None:
        if found := re.match(r"go: downloading (\S+) (\S+)", line):
            self._note(f"downloading {found.group(1)}")
        elif re.fullmatch(r"[\w.\-/~]+", line):
            self._compiled += 1
            self._note(f"{self._compiled} packages, {line}")
        else:
            self._lines.append(line)

    def complaints(self) -> str:
        """The last lines that were neither a download nor a package."""
        return last_lines("\n".join(self._lines))


def _copy_lock(tree: Path) -> Callable[[Path], None]:
    def copy(aside: Path) -> None:
        aside.mkdir()
        for name in ("go.mod", "go.sum"):
            (aside / name).write_bytes((tree / name).read_bytes() if (tree / name).exists() else b"")

    return copy


def _batches(module: GoModule, wanted: Mapping[str, str]) -> list[dict[str, str]]:
    """Programs that one go command can write into one folder: those whose own names differ."""
    names = Counter(_program(module, package) for package in wanted.values())
    together = {name: package for name, package in wanted.items() if names[_program(module, package)] == 1}
    alone = [{name: package} for name, package in wanted.items() if name not in together]
    return [*([together] if together else []), *alone]


def _package(package: str) -> str:
    return "." if package in {"", "."} else f"./{package.removeprefix('./')}"


def _program(module: GoModule, package: str) -> str:
    """The name go gives to a package's program: its path's last element that is not a major version."""
    path = module.path if package == "." else f"{module.path}/{package.removeprefix('./')}"
    parts = path.split("/")
    return parts[-2] if re.fullmatch(r"v[2-9]\d*|v1\d+", parts[-1]) and len(parts) > 1 else parts[-1]


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
