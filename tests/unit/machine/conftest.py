"""Doubles for the machine's tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.catalog.modules import GoModule
from machine.cache import Cache

_GO = '''#!{python} -S
"""A double of the go command: answers out of a folder, and writes down how it was called."""
import json, os, sys
home, arguments = {home!r}, sys.argv[1:]
with open(home + "/calls", "a") as calls:
    keep = ("GOFLAGS", "GOMODCACHE", "GONOSUMDB", "GOPROXY", "CGO_ENABLED")
    seen = dict((name, os.environ[name]) for name in keep if name in os.environ)
    calls.write(json.dumps([arguments, os.getcwd(), seen]) + "\\n")
word = "-".join(arguments[:2]) if arguments[0] == "mod" else arguments[0]
if word == "mod-edit" and "-json" not in arguments:
    word = "mod-edit-file"
said = home + "/" + word
if os.path.exists(said + ".failures"):
    left = json.load(open(said + ".failures"))
    if left:
        json.dump(left[1:], open(said + ".failures", "w"))
        print(left[0])
        sys.exit(1)
if os.path.exists(said + ".out"):
    print(open(said + ".out").read(), end="")
if word == "build":
    target = arguments[arguments.index("-o") + 1]
    for package in [argument for argument in arguments if argument.startswith(".")]:
        name = package.rstrip("/").split("/")[-1] if package != "." else "root"
        with open(target + name, "w") as program:
            program.write("program " + package)
'''


class FakeGo:
    """A double of the go command and of the module registry behind it."""

    def __init__(self, home: Path, cache: Cache) -> None:
        self.home = home
        self.cache = cache
        self.program = home / "go"
        home.mkdir()
        self.program.write_text(_GO.format(python=sys.executable, home=str(home)))
        self.program.chmod(0o755)
        self.manifest({})

    def serve(self, module: GoModule, files: Mapping[str, str], **changes: str) -> Path:
        """Have a module in the cache and its download answered; `changes` alter the answer."""
        folder = self.cache.folder("go", "mod", str(module))
        for name, text in {"go.mod": f"module {module.path}\n", "go.sum": "sums\n", **files}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        answer = {"Dir": str(folder), "Sum": module.sum, "GoModSum": module.manifest_sum, **changes}
        (self.home / "mod-download.out").write_text(json.dumps(answer))
        return folder

    def manifest(self, content: Mapping[str, Any]) -> None:
        """What `go mod edit -json` prints."""
        (self.home / "mod-edit.out").write_text(json.dumps(content))

    def fail(self, word: str, *said: str) -> None:
        """Have the next calls of a kind print this and fail."""
        (self.home / f"{word}.failures").write_text(json.dumps(said))

    def calls(self) -> list[tuple[list[str], str, dict[str, str]]]:
        """Every call: arguments, working directory, a few variables."""
        file = self.home / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(call[0], call[1], call[2]) for call in map(json.loads, lines)]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def fake_go(tmp_path: Path, cache: Cache) -> FakeGo:
    return FakeGo(tmp_path / "fake-go", cache)
