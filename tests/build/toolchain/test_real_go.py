"""The real go command, with small modules of a registry on the disk."""

from __future__ import annotations

import multiprocessing
import os
import signal
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.catalog.modules import GoModule
from components.errors import PlatformError
from machine.cache import Cache
from machine.gofailures import ModuleSumMismatch, RegistryRefused
from machine.gomodules import GoModules
from machine.process import run

pytestmark = pytest.mark.build

MAIN = 'package main\n\nimport "fmt"\n\nvar word = "default"\n\nfunc main() { fmt.Println(word, text()) }\n'
TEXT = 'package main\n\nfunc text() string { return "upstream" }\n'
USER = (
    'package main\n\nimport (\n\t"fmt"\n\n\t"example.com/part"\n)\n\nfunc main() { fmt.Println(part.Name) }\n'
)


@pytest.fixture
def thing(registry: Any) -> GoModule:
    module: GoModule = registry.publish(
        "example.com/thing/v2",
        "v2.1.0",
        {"go.mod": "module example.com/thing/v2\n\ngo 1.24\n", "main.go": MAIN, "text.go": TEXT},
    )
    return module


def _build(modules: GoModules, cache: Cache, module: GoModule, name: str, **options: Any) -> str:
    out = cache.path("out")
    modules.build(module, {name: "."}, out, log=cache.path("log"), note=lambda text: None, **options)
    return run([out / name]).output.strip()


def test_a_program_is_built_with_linker_flags(cache: Cache, go: Path, thing: GoModule) -> None:
    assert (
        _build(GoModules(cache, go), cache, thing, "one", ldflags="-X main.word=linked") == "linked upstream"
    )


def test_our_files_are_compiled_in_place_of_upstreams(cache: Cache, go: Path, thing: GoModule) -> None:
    modules = GoModules(cache, go)
    ours = {"text.go": 'package main\n\nfunc text() string { return "ours" }\n'}
    assert _build(modules, cache, thing, "two", overlay=ours) == "default ours"
    assert _build(modules, cache, thing, "three") == "default upstream"


def test_the_same_inputs_give_the_same_bytes_from_any_cache(
    cache: Cache, go: Path, thing: GoModule, tmp_path: Path
) -> None:
    other = Cache(tmp_path / "elsewhere" / "cache")
    other.folder("go")
    other.path("go", "build").symlink_to(cache.path("go", "build").resolve())
    for one in (cache, other):
        _build(GoModules(one, go), one, thing, "same")
    assert cache.path("out", "same").read_bytes() == other.path("out", "same").read_bytes()


def test_a_folder_beside_the_module_becomes_the_published_module(
    cache: Cache, go: Path, registry: Any
) -> None:
    part = registry.publish(
        "example.com/part",
        "v0.4.0",
        {
            "go.mod": "module example.com/part\n\ngo 1.24\n",
            "part.go": 'package part\n\nconst Name = "part"\n',
        },
    )
    manifest = (
        "module example.com/user\n\ngo 1.24\n\nrequire example.com/part v0.0.0\n\n"
        "replace example.com/part => ./staging/part\n"
    )
    user = registry.publish("example.com/user", "v1.0.0", {"go.mod": manifest, "main.go": USER})
    assert _build(GoModules(cache, go, pins=[part]), cache, user, "user") == "part"


def test_a_pinned_part_with_another_sum_is_refused(cache: Cache, go: Path, registry: Any) -> None:
    part = registry.publish(
        "example.com/part",
        "v0.4.0",
        {
            "go.mod": "module example.com/part\n\ngo 1.24\n",
            "part.go": 'package part\n\nconst Name = "part"\n',
        },
    )
    manifest = (
        "module example.com/user\n\ngo 1.24\n\nrequire example.com/part v0.4.0\n\n"
        "replace example.com/part => ../part\n"
    )
    user = registry.publish("example.com/user", "v1.0.0", {"go.mod": manifest, "main.go": USER})
    wrong = replace(part, sum="h1:" + "A" * 43 + "=")
    with pytest.raises(ModuleSumMismatch) as caught:
        _build(GoModules(cache, go, pins=[wrong]), cache, user, "user")
    assert caught.value.module == "example.com/part@v0.4.0"
    assert (caught.value.pinned, caught.value.came) == (wrong.sum, part.sum)


def test_an_altered_module_is_refused(cache: Cache, go: Path, thing: GoModule) -> None:
    pinned = replace(thing, sum="h1:" + "A" * 43 + "=")
    with pytest.raises(ModuleSumMismatch) as caught:
        GoModules(cache, go).download(pinned)
    assert (caught.value.pinned, caught.value.came) == (pinned.sum, thing.sum)


def test_a_module_that_the_registry_lacks_is_refused(cache: Cache, go: Path, registry: Any) -> None:
    with pytest.raises(PlatformError) as caught:
        GoModules(cache, go).download(GoModule("example.com/none", "v1.0.0", "h1:a=", "h1:b="))
    assert isinstance(caught.value, RegistryRefused)


def test_a_compile_error_is_told_with_its_line(cache: Cache, go: Path, thing: GoModule) -> None:
    with pytest.raises(PlatformError) as caught:
        _build(GoModules(cache, go), cache, thing, "bad", overlay={"text.go": "package main\n"})
    assert str(caught.value) == (
        "could not build example.com/thing/v2@v2.1.0\n"
        "  why:  # example.com/thing/v2\n"
        "./main.go:7:33: undefined: text\n"
        f"  do:   Read the whole output in {cache.path('log')}."
    )


def _never_compiled() -> dict[str, str]:
    """A file that no build cache knows, so that the go command has something to say."""
    return {"fresh.go": f'package main\n\nconst fresh = "{uuid.uuid4()}"\n'}


def _build_and_die(root: Path, go: Path, module: GoModule) -> None:
    def note(text: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    cache = Cache(root)
    modules = GoModules(cache, go)
    cache.produce(
        ("tools", "one"),
        lambda aside: modules.build(
            module, {"one": "."}, aside, overlay=_never_compiled(), log=cache.path("log"), note=note
        ),
    )


def test_a_build_killed_half_way_goes_on_the_next_time(cache: Cache, go: Path, thing: GoModule) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_build_and_die, args=(cache.root, go, thing))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not cache.path("tools", "one").exists()
    entry = cache.produce(
        ("tools", "one"),
        lambda aside: GoModules(cache, go).build(
            thing, {"one": "."}, aside, log=cache.path("log"), note=lambda text: None
        ),
    )
    assert run([entry / "one"]).output == "default upstream\n"
    assert [path.name for path in entry.iterdir()] == ["one"]
    assert [path.name for path in cache.path("tools").iterdir()] == ["one"]
