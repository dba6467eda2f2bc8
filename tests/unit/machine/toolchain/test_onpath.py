"""What counts as a tool that the user has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from machine.process import CommandFailed
from machine.toolchain.onpath import look_on_path
from machine.toolchain.table import (
    DOCKER_CLIENT,
    DOCKER_ENGINE,
    GO,
    HELM_CLI,
    HEY_CLI,
    KIND_CLI,
    KUBECTL,
    PULUMI,
)
from machine.toolchain.tool import Tool
from tests.unit.machine.toolchain.conftest import FakeRecipe, install, make_tool


def _kubectl(version: str) -> str:
    return f'{{\n "clientVersion": {{\n  "major": "1",\n  "gitVersion": "{version}"\n }}\n}}'


@pytest.mark.parametrize(
    ("tool", "says", "version"),
    [
        (GO, "go version go1.26.8 linux/amd64", "1.26.8"),
        (KUBECTL, _kubectl("v1.35.1"), "1.35.1"),
        (KUBECTL, _kubectl("v1.34.1+k3s1"), "1.34.1"),
        (HELM_CLI, "v3.19.0+g3d8990f", "3.19.0"),
        (KIND_CLI, "kind v0.30.0 go1.24.6 linux/amd64", "0.30.0"),
        (DOCKER_CLIENT, "Docker version 28.2.2, build e6534b4", "28.2.2"),
        (DOCKER_CLIENT, "Docker version 20.10.24+dfsg1, build 297e128", "20.10.24"),
    ],
)
def test_each_tools_own_words_are_understood(tmp_path: Path, tool: Tool, says: str, version: str) -> None:
    program = install(tmp_path, tool.programs[0], says)
    found = look_on_path(tool, str(tmp_path))
    assert found.programs == {tool.programs[0]: program}
    assert (found.version, found.why) == (version, "")


@pytest.mark.parametrize(
    ("tool", "says", "why"),
    [
        (KUBECTL, _kubectl("v1.32.4-dispatcher"), "is v1.32.4-dispatcher, wanted >=1.33.0, <1.36.0"),
        (KUBECTL, _kubectl("v1.36.0"), "is v1.36.0, wanted >=1.33.0, <1.36.0"),
        (KUBECTL, "This is a wrapper. Update it first.", "does not tell its version"),
        (GO, "go version go1.26.5 linux/amd64", "is 1.26.5, wanted >=1.26.6"),
        (GO, "go version devel go1.27-abc linux/amd64", "does not tell its version"),
        (KIND_CLI, "kind v0.29.0 go1.24.2 linux/amd64", "is 0.29.0, wanted >=0.30.0, <0.31.0"),
        (HELM_CLI, "v4.0.1+g12500dd", "is v4.0.1+g12500dd, wanted >=3.14.0, <4.0.0"),
    ],
)
def test_another_version_does_not_fit(tmp_path: Path, tool: Tool, says: str, why: str) -> None:
    program = install(tmp_path, tool.programs[0], says)
    found = look_on_path(tool, str(tmp_path))
    assert found.programs == {}
    assert found.why == f"{program} {why}"


def test_what_is_not_on_path_is_said(tmp_path: Path) -> None:
    assert look_on_path(make_tool(FakeRecipe()), str(tmp_path)).why == "tool is not on PATH"


def test_a_program_that_fails_does_not_fit(tmp_path: Path) -> None:
    program = install(tmp_path, "tool", "no licence", status=1)
    found = look_on_path(make_tool(FakeRecipe()), str(tmp_path))
    assert found.why == f"{program} does not tell its version: no licence"


def test_a_program_that_hangs_does_not_fit(tmp_path: Path) -> None:
    program = install(tmp_path, "tool", "v1.5.0")

    def ask(command: object) -> str:
        raise CommandFailed([str(program)], None, "")

    assert (
        look_on_path(make_tool(FakeRecipe()), str(tmp_path), ask).why
        == f"{program} does not tell its version: no answer"
    )


def test_only_the_first_of_a_name_counts(tmp_path: Path) -> None:
    old = install(tmp_path / "first", "tool", "v1.0.0")
    install(tmp_path / "second", "tool", "v1.5.0")
    path = os.pathsep.join([str(tmp_path / "first"), str(tmp_path / "second")])
    assert look_on_path(make_tool(FakeRecipe()), path).why == f"{old} is v1.0.0, wanted >=1.4.0, <1.7.0"


def test_pulumi_counts_only_with_its_language_host_beside_it(tmp_path: Path) -> None:
    cli = install(tmp_path / "bin", "pulumi", "v3.250.0")
    assert look_on_path(PULUMI, str(tmp_path / "bin")).why == "pulumi-language-python is not on PATH"
    others = [install(tmp_path / "other", name, "") for name in PULUMI.programs[1:]]
    path = os.pathsep.join([str(tmp_path / "bin"), str(tmp_path / "other")])
    assert look_on_path(PULUMI, path).why == (
        f"its programs are not from one folder: {', '.join(map(str, [cli, *others]))}"
    )
    for name in PULUMI.programs[1:]:
        install(tmp_path / "bin", name, "")
    assert look_on_path(PULUMI, path).programs == {name: tmp_path / "bin" / name for name in PULUMI.programs}


def test_links_into_one_folder_are_one_folder(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in PULUMI.programs:
        (tmp_path / "bin" / name).symlink_to(install(tmp_path / "opt", name, "v3.250.0"))
    assert look_on_path(PULUMI, str(tmp_path / "bin")).version == "3.250.0"


def test_a_tool_that_does_not_tell_its_version_is_not_looked_for(tmp_path: Path) -> None:
    install(tmp_path, "hey", "Usage: hey [options...] <url>")
    assert look_on_path(HEY_CLI, str(tmp_path)).why == "it is not looked for there"


def test_a_private_tree_is_never_looked_for(tmp_path: Path) -> None:
    install(tmp_path, "dockerd", "Docker version 28.2.2, build e6534b4")
    assert look_on_path(DOCKER_ENGINE, str(tmp_path)).why == "it is not looked for there"
