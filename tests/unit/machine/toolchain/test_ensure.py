"""Where a tool comes from: PATH, the official release, the recipe; and what is said when none works."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain
from machine.toolchain.release import ReleaseRefused
from machine.toolchain.tool import Release, Tool, Workshop
from tests.unit.machine.toolchain.conftest import FakeRecipe, install, make_tool

URL = "https://dl.example.com/tool"
SUMS = "https://dl.example.com/tool.sha256"
RELEASE = Release(url=URL, checksums=SUMS)


def _toolchain(cache: Cache, publisher: Any, *tools: Tool, path: str = "", source: str = "") -> Toolchain:
    environment = {"PATH": path, **({"KSERVE_PLATFORM_TOOLS": source} if source else {})}
    releases = publisher.releases() if publisher else None
    return Toolchain(cache, Silent(), tools=tools, environment=environment, releases=releases)


def test_what_is_on_path_and_fits_is_taken(cache: Cache, publisher: Any, tmp_path: Path) -> None:
    program = install(tmp_path / "bin", "tool", "v1.5.9")
    recipe = FakeRecipe()
    toolchain = _toolchain(cache, publisher, make_tool(recipe, release=RELEASE), path=str(tmp_path / "bin"))
    assert toolchain.ensure("tool") == {"tool": program}
    provided = toolchain.provide("tool")
    assert (provided.origin, provided.version) == ("PATH", "1.5.9")
    assert toolchain.path() == str(tmp_path / "bin")
    assert (recipe.made, publisher.asked) == (0, [])


def test_else_the_official_release(cache: Cache, publisher: Any, tmp_path: Path) -> None:
    install(tmp_path / "bin", "tool", "v1.0.0")
    publisher.publish(SUMS, publisher.publish(URL, b"released").encode())
    recipe = FakeRecipe()
    toolchain = _toolchain(cache, publisher, make_tool(recipe, release=RELEASE), path=str(tmp_path / "bin"))
    program = toolchain.ensure("tool")["tool"]
    assert program == cache.path("tools", "tool", "1.5.0-official", "tool")
    assert program.read_bytes() == b"released"
    assert toolchain.provide("tool").origin == "official release"
    assert toolchain.path() == os.pathsep.join([str(program.parent), str(tmp_path / "bin")])
    assert recipe.made == 0


def test_else_it_is_made_here(cache: Cache, publisher: Any) -> None:
    publisher.silent.add("dl.example.com")
    recipe = FakeRecipe()
    toolchain = _toolchain(cache, publisher, make_tool(recipe, release=RELEASE))
    assert toolchain.ensure("tool") == {"tool": cache.path("tools", "tool", "1.5.0-key", "tool")}
    assert toolchain.provide("tool").origin == "built here from a double"
    assert recipe.made == 1


def test_what_was_made_once_is_neither_made_nor_asked_for_again(cache: Cache, publisher: Any) -> None:
    publisher.silent.add("dl.example.com")
    recipe = FakeRecipe()
    tool = make_tool(recipe, release=RELEASE)
    first = _toolchain(cache, publisher, tool).ensure("tool")
    publisher.silent.clear()
    asked = list(publisher.asked)
    assert _toolchain(cache, publisher, tool).ensure("tool") == first
    assert (recipe.made, publisher.asked) == (1, asked)


def test_what_was_fetched_once_is_not_fetched_again(cache: Cache, publisher: Any) -> None:
    publisher.publish(SUMS, publisher.publish(URL, b"released").encode())
    tool = make_tool(FakeRecipe(), release=RELEASE)
    first = _toolchain(cache, publisher, tool).ensure("tool")
    publisher.silent.add("dl.example.com")
    assert _toolchain(cache, publisher, tool).ensure("tool") == first
    assert publisher.asked == [SUMS, URL]


def test_a_wrong_checksum_is_no_reason_to_build(cache: Cache, publisher: Any) -> None:
    publisher.publish(URL, b"altered")
    publisher.publish(SUMS, ("0" * 64).encode())
    recipe = FakeRecipe()
    with pytest.raises(ReleaseRefused):
        _toolchain(cache, publisher, make_tool(recipe, release=RELEASE)).ensure("tool")
    assert recipe.made == 0
    assert list(cache.path("tools", "tool").iterdir()) == []


def test_the_user_may_want_path_only(cache: Cache, publisher: Any) -> None:
    recipe = FakeRecipe()
    toolchain = _toolchain(cache, publisher, make_tool(recipe, release=RELEASE), source="path")
    with pytest.raises(PlatformError) as caught:
        toolchain.ensure("tool")
    assert str(caught.value) == (
        "KSERVE_PLATFORM_TOOLS: tool >=1.4.0, <1.7.0 cannot be had\n"
        "  seen: path\n"
        "  why:  PATH: tool is not on PATH\n"
        "  do:   Install it, or unset KSERVE_PLATFORM_TOOLS."
    )
    assert (recipe.made, publisher.asked) == (0, [])


def test_the_user_may_want_official_releases_only(cache: Cache, publisher: Any, tmp_path: Path) -> None:
    install(tmp_path / "bin", "tool", "v1.5.0")
    publisher.silent.add("dl.example.com")
    toolchain = _toolchain(
        cache,
        publisher,
        make_tool(FakeRecipe(), release=RELEASE),
        path=str(tmp_path / "bin"),
        source="official",
    )
    with pytest.raises(PlatformError) as caught:
        toolchain.ensure("tool")
    assert str(caught.value) == (
        "KSERVE_PLATFORM_TOOLS: tool >=1.4.0, <1.7.0 cannot be had\n"
        "  seen: official\n"
        "  why:  official release: dl.example.com cannot be reached\n"
        "  do:   Install it, or unset KSERVE_PLATFORM_TOOLS."
    )


def test_a_tool_without_a_release_says_so(cache: Cache) -> None:
    toolchain = _toolchain(cache, None, make_tool(FakeRecipe()), source="official")
    with pytest.raises(PlatformError) as caught:
        toolchain.ensure("tool")
    assert caught.value.problems[0].why == "no official release of it is published with checksums"


def test_the_user_may_want_everything_built(cache: Cache, publisher: Any, tmp_path: Path) -> None:
    install(tmp_path / "bin", "tool", "v1.5.0")
    recipe = FakeRecipe()
    toolchain = _toolchain(
        cache, publisher, make_tool(recipe, release=RELEASE), path=str(tmp_path / "bin"), source="build"
    )
    toolchain.ensure("tool")
    assert (recipe.made, publisher.asked) == (1, [])


def test_a_compiler_on_path_serves_those_who_want_everything_built(cache: Cache, tmp_path: Path) -> None:
    program = install(tmp_path / "bin", "tool", "v1.5.0")
    compiler = make_tool(FakeRecipe(), compiler=True)
    toolchain = _toolchain(cache, None, compiler, path=str(tmp_path / "bin"), source="build")
    assert toolchain.ensure("tool") == {"tool": program}


def test_an_unknown_source_is_refused(cache: Cache) -> None:
    with pytest.raises(PlatformError) as caught:
        _toolchain(cache, None, source="internet")
    assert str(caught.value) == (
        "KSERVE_PLATFORM_TOOLS: not a source of tools\n"
        "  seen: internet\n"
        "  do:   Set it to one of: auto, path, official, build; or unset it."
    )


def test_all_that_fails_is_told_at_once(cache: Cache) -> None:
    tools = [
        make_tool(
            FakeRecipe(programs=(name,), failure=PlatformError.single(f"{name} does not compile")), name=name
        )
        for name in ("one", "two")
    ]
    with pytest.raises(PlatformError) as caught:
        _toolchain(cache, None, *tools).ensure("one", "two")
    assert str(caught.value) == "one does not compile\n\ntwo does not compile"


def test_tools_are_made_side_by_side(cache: Cache) -> None:
    meeting = threading.Barrier(2)

    class Meets(FakeRecipe):
        def make(self, folder: Path, shop: Workshop) -> None:
            meeting.wait(10)
            super().make(folder, shop)

    tools = [make_tool(Meets(programs=(name,)), name=name) for name in ("one", "two")]
    ready = _toolchain(cache, None, *tools).ensure("one", "two")
    assert {name: path.name for name, path in ready.items()} == {"one": "one", "two": "two"}


def test_a_tool_of_several_programs_is_made_once(cache: Cache) -> None:
    recipe = FakeRecipe(programs=("cli", "host"))
    toolchain = _toolchain(cache, None, make_tool(recipe, name="suite"))
    ready = toolchain.ensure("host", "cli", "suite")
    assert {name: path.name for name, path in ready.items()} == {"host": "host", "cli": "cli", "suite": "cli"}
    assert recipe.made == 1


def test_a_private_tree_stays_off_path(cache: Cache) -> None:
    toolchain = _toolchain(cache, None, make_tool(FakeRecipe(), private=True), path="/usr/bin")
    toolchain.ensure("tool")
    assert toolchain.path() == "/usr/bin"


def test_steps_are_reported_only_for_work(cache: Cache) -> None:
    steps: list[str] = []

    class Records:
        def step(self, name: str, *, expected: float | None = None) -> Any:
            steps.append(name)
            return nullcontext(lambda text: None)

    tool = make_tool(FakeRecipe())
    for _ in range(2):
        Toolchain(cache, Records(), tools=[tool], environment={"PATH": ""}).ensure("tool")
    assert steps == ["build tool"]
