"""Fetching and building Go modules, with a double of the go command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.catalog.modules import GoModule
from components.errors import PlatformError
from machine.cache import Cache
from machine.gofailures import ModuleSumMismatch, RegistryRefused, RegistryUnreachable
from machine.gomodules import GoModules

THING = GoModule("example.com/thing/v3", "v3.1.0", "h1:thing=", "h1:thingmod=")
PART = GoModule("example.com/part", "v0.4.0", "h1:part=", "h1:partmod=")


@pytest.fixture
def modules(cache: Cache, fake_go: Any) -> GoModules:
    return GoModules(cache, fake_go.program, pins=[THING, PART])


def _build(modules: GoModules, cache: Cache, packages: dict[str, str], **options: Any) -> Path:
    out = cache.path("out")
    modules.build(THING, packages, out, log=cache.path("build.log"), note=lambda text: None, **options)
    return out


def test_a_module_is_fetched_once_and_then_known(modules: GoModules, fake_go: Any) -> None:
    folder = fake_go.serve(THING, {})
    assert modules.download(THING) == folder
    assert modules.download(THING) == folder
    assert [call[0] for call in fake_go.calls()] == [
        ["mod", "download", "-json", "example.com/thing/v3@v3.1.0"]
    ]


def test_the_checksum_database_is_not_asked_for_what_is_pinned(modules: GoModules, fake_go: Any) -> None:
    fake_go.serve(THING, {})
    modules.download(THING)
    assert fake_go.calls()[0][2]["GONOSUMDB"] == "example.com/thing/v3"


def test_a_wrong_sum_is_refused(modules: GoModules, fake_go: Any, cache: Cache) -> None:
    fake_go.serve(THING, {}, Sum="h1:other=")
    with pytest.raises(ModuleSumMismatch) as caught:
        modules.download(THING)
    assert str(caught.value) == (
        "components/catalog/modules.py: Go module example.com/thing/v3@v3.1.0 is not the pinned one\n"
        "  seen: h1:other=\n"
        "  why:  Pinned is h1:thing=; what differs was altered on its way, or republished.\n"
        "  do:   Look for a proxy or mirror that serves something else. Never copy the new sum unread."
    )
    assert not cache.path("go", "verified").exists()


def test_a_wrong_sum_of_the_go_mod_is_refused(modules: GoModules, fake_go: Any) -> None:
    fake_go.serve(THING, {}, GoModSum="h1:other=")
    with pytest.raises(ModuleSumMismatch) as caught:
        modules.download(THING)
    assert caught.value.module == "example.com/thing/v3@v3.1.0/go.mod"
    assert (caught.value.pinned, caught.value.came) == ("h1:thingmod=", "h1:other=")


def test_a_changed_pin_is_verified_anew(modules: GoModules, fake_go: Any) -> None:
    fake_go.serve(THING, {})
    modules.download(THING)
    repinned = GoModule(THING.path, THING.version, "h1:new=", THING.manifest_sum)
    with pytest.raises(ModuleSumMismatch):
        modules.download(repinned)


def test_a_registry_without_an_answer_is_asked_three_times(modules: GoModules, fake_go: Any) -> None:
    fake_go.serve(THING, {})
    said = '\t"Error": "example.com/thing/v3@v3.1.0: Get \\"http://127.0.0.1:1\\": dial tcp: i/o timeout"'
    fake_go.fail("mod-download", said, said)
    assert modules.download(THING).is_dir()
    fake_go.fail("mod-download", said, said, said)
    (fake_go.cache.path("go", "verified") / "example.com%2Fthing%2Fv3@v3.1.0").unlink()
    with pytest.raises(RegistryUnreachable) as caught:
        modules.download(THING)
    assert str(caught.value) == (
        "The Go module registry cannot be reached: could not download example.com/thing/v3@v3.1.0\n"
        '  why:  example.com/thing/v3@v3.1.0: Get "http://127.0.0.1:1": dial tcp: i/o timeout\n'
        "  do:   Check the network and `go env GOPROXY`, then run the command again: it goes on."
    )


def test_a_refusal_is_final(modules: GoModules, fake_go: Any) -> None:
    fake_go.fail("mod-download", "reading http://127.0.0.1/thing/@v/v3.1.0.info: 403 Forbidden", "never")
    with pytest.raises(RegistryRefused):
        modules.download(THING)
    assert len(fake_go.calls()) == 1


def test_programs_get_the_names_that_were_asked_for(modules: GoModules, fake_go: Any, cache: Cache) -> None:
    fake_go.serve(THING, {})
    out = _build(modules, cache, {"one": "cmd/first", "two": "cmd/second"})
    assert {file.name: file.read_text() for file in out.iterdir()} == {
        "one": "program ./cmd/first",
        "two": "program ./cmd/second",
    }
    builds = [call for call in fake_go.calls() if call[0][0] == "build"]
    assert len(builds) == 1
    assert builds[0][1] == str(cache.path("go", "mod", str(THING)))


def test_a_build_uses_upstreams_lock_and_nothing_of_the_users_settings(
    modules: GoModules, fake_go: Any, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:9")
    fake_go.serve(THING, {"go.sum": "upstream sums\n"})
    _build(modules, cache, {"one": "cmd/first"}, ldflags="-X main.version=1", tags="netgo")
    arguments, _, environment = next(call for call in fake_go.calls() if call[0][0] == "build")
    lock = cache.path("go", "locks", "example.com%2Fthing%2Fv3@v3.1.0")
    assert arguments[:-3] == [
        *(
            "build",
            "-v",
            "-mod=readonly",
            f"-modfile={lock}/go.mod",
            "-trimpath",
            "-gcflags=all=-dwarf=false",
        ),
        *("-ldflags", "-s -w -X main.version=1", "-tags", "netgo"),
    ]
    assert (lock / "go.sum").read_text() == "upstream sums\n"
    assert environment == {
        "GOFLAGS": "-modcacherw -buildvcs=false",
        "GOMODCACHE": str(cache.path("go", "mod")),
        "GOPROXY": "http://127.0.0.1:9",
        "CGO_ENABLED": "0",
    }


def test_folders_that_the_archive_lacks_become_pinned_modules(
    modules: GoModules, fake_go: Any, cache: Cache
) -> None:
    fake_go.serve(THING, {"go.sum": "upstream\n"})
    fake_go.manifest(
        {
            "Require": [{"Path": PART.path, "Version": "v0.0.0"}],
            "Replace": [{"Old": {"Path": PART.path}, "New": {"Path": "./staging/part"}}],
        }
    )
    _build(modules, cache, {"one": "cmd/first"})
    calls = [call[0] for call in fake_go.calls()]
    assert calls[2][2:4] == [
        "-dropreplace=example.com/part",
        "-replace=example.com/part=example.com/part@v0.4.0",
    ]
    assert calls[3][:3] == ["list", "-deps", "-mod=mod"]
    (lock,) = cache.path("go", "locks").iterdir()
    assert (lock / "go.sum").read_text() == (
        "upstream\nexample.com/part v0.4.0 h1:part=\nexample.com/part v0.4.0/go.mod h1:partmod=\n"
    )


def test_our_files_are_laid_over_a_module_and_never_into_the_module_cache(
    modules: GoModules, fake_go: Any, cache: Cache
) -> None:
    folder = fake_go.serve(THING, {"plugins.go": "all of them"})
    _build(modules, cache, {"one": "cmd/ours"}, overlay={"plugins.go": "ten", "cmd/ours/main.go": "main"})
    tree = Path(next(call for call in fake_go.calls() if call[0][0] == "build")[1])
    assert (tree / "plugins.go").read_text() == "ten"
    assert (tree / "cmd/ours/main.go").read_text() == "main"
    assert (folder / "plugins.go").read_text() == "all of them"
    assert not (folder / "cmd").exists()


def test_a_failed_build_tells_the_complaints_and_leaves_no_program(
    modules: GoModules, fake_go: Any, cache: Cache
) -> None:
    fake_go.serve(THING, {})
    fake_go.fail("build", "example.com/thing/v3/cmd\n# example.com/thing/v3\n./main.go:3: undefined: x")
    with pytest.raises(PlatformError) as caught:
        _build(modules, cache, {"one": "cmd/first"})
    assert str(caught.value) == (
        "could not build example.com/thing/v3@v3.1.0\n"
        "  why:  # example.com/thing/v3\n./main.go:3: undefined: x\n"
        f"  do:   Read the whole output in {cache.path('build.log')}."
    )
    assert list(cache.path("out").iterdir()) == []


def test_notes_say_what_the_go_command_does(modules: GoModules, fake_go: Any, cache: Cache) -> None:
    fake_go.serve(THING, {})
    lines = "go: downloading example.com/part v0.4.0\nexample.com/part\nexample.com/thing/v3/cmd/first\n"
    (fake_go.home / "build.out").write_text(lines)
    notes: list[str] = []
    modules.build(THING, {"one": "cmd/first"}, cache.path("out"), log=cache.path("log"), note=notes.append)
    assert notes == [
        "downloading example.com/part",
        "1 packages, example.com/part",
        "2 packages, example.com/thing/v3/cmd/first",
    ]


def test_programs_of_one_name_are_built_one_by_one(modules: GoModules, fake_go: Any, cache: Cache) -> None:
    fake_go.serve(THING, {})
    out = _build(modules, cache, {"one": "a/controller", "two": "b/controller", "three": "c/webhook"})
    assert {file.name: file.read_text() for file in out.iterdir()} == {
        "one": "program ./a/controller",
        "two": "program ./b/controller",
        "three": "program ./c/webhook",
    }
    assert len([call for call in fake_go.calls() if call[0][0] == "build"]) == 3
