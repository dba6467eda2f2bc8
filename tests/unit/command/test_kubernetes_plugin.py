"""Which Kubernetes plugin is used: the official one wherever it can be had."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from command.engine.installed import newest_installed
from command.engine.kubernetes_plugin import PROGRAM, choose_plugin
from command.engine.places import Places
from command.engine.pulumi import reason
from components.errors import PlatformError
from machine.cache import Cache

VERSION = importlib.metadata.version("pulumi-kubernetes")
NO_HOST = "lookup get.pulumi.com: no such host"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(Cache(tmp_path / "cache"), "local", tmp_path / "checkout")
    make(places.checkout / "providers" / "standin")
    return places


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    program = folder / PROGRAM
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return folder


class Downloads:
    """A double of the download: counts, and fails with what it is told."""

    def __init__(self, failure: str | None) -> None:
        self.versions: list[str] = []
        self.failure = failure

    def __call__(self, version: str) -> str | None:
        self.versions.append(version)
        return self.failure


def test_the_users_own_on_path_comes_first(places: Places, tmp_path: Path) -> None:
    folder = make(tmp_path / "bin")
    downloads = Downloads(None)
    chosen = choose_plugin(places, {"PATH": str(folder), "HOME": str(tmp_path)}, downloads)
    assert (chosen.official, chosen.folder, chosen.words) == (True, folder, f"official, {folder / PROGRAM}")
    assert downloads.versions == []


def test_the_stand_in_on_path_is_not_taken_for_the_official_one(places: Places, tmp_path: Path) -> None:
    stand_in = places.checkout / "providers" / "standin"
    chosen = choose_plugin(places, {"PATH": str(stand_in), "HOME": str(tmp_path)}, Downloads(NO_HOST))
    assert not chosen.official


def test_one_that_pulumi_has_installed_is_used(places: Places, tmp_path: Path) -> None:
    folder = make(tmp_path / ".pulumi" / "plugins" / f"resource-kubernetes-v{VERSION}")
    chosen = choose_plugin(places, {"PATH": "", "HOME": str(tmp_path)}, Downloads(NO_HOST))
    assert (chosen.official, chosen.folder) == (True, folder)


def test_one_that_can_be_downloaded_is(places: Places, tmp_path: Path) -> None:
    downloads = Downloads(None)
    chosen = choose_plugin(places, {"PATH": "", "HOME": str(tmp_path)}, downloads)
    assert (chosen.official, chosen.folder, chosen.words) == (True, None, f"official {VERSION}, downloaded")
    assert downloads.versions == [VERSION]


def test_without_any_the_stand_in_is_used_and_the_failed_download_remembered(
    places: Places, tmp_path: Path
) -> None:
    downloads = Downloads(NO_HOST)
    environment = {"PATH": "", "HOME": str(tmp_path)}
    first = choose_plugin(places, environment, downloads)
    second = choose_plugin(places, environment, downloads)
    assert first == second
    assert first.words == f"this project's stand-in ({NO_HOST})"
    assert first.folder == places.checkout / "providers" / "standin"
    assert downloads.versions == [VERSION]


def test_who_asks_for_the_official_one_is_told_why_it_cannot_be_had(places: Places, tmp_path: Path) -> None:
    environment = {"PATH": "", "HOME": str(tmp_path), "KSERVE_PLATFORM_KUBERNETES_PLUGIN": "official"}
    with pytest.raises(PlatformError) as refused:
        choose_plugin(places, environment, Downloads(NO_HOST))
    assert str(refused.value) == (
        "KSERVE_PLATFORM_KUBERNETES_PLUGIN: "
        f"The official Kubernetes plugin {VERSION} cannot be downloaded\n"
        "  seen: official\n"
        f"  why:  {NO_HOST}\n"
        "  do:   Put pulumi-resource-kubernetes on PATH, or unset KSERVE_PLATFORM_KUBERNETES_PLUGIN "
        "to use this project's stand-in."
    )


def test_who_asks_for_the_stand_in_gets_it_also_beside_the_official_one(
    places: Places, tmp_path: Path
) -> None:
    folder = make(tmp_path / "bin")
    environment = {"PATH": str(folder), "KSERVE_PLATFORM_KUBERNETES_PLUGIN": "stand-in"}
    chosen = choose_plugin(places, environment, Downloads(None))
    assert chosen.words == "this project's stand-in (as asked for)"


def test_another_wish_is_refused(places: Places) -> None:
    with pytest.raises(PlatformError) as refused:
        choose_plugin(places, {"KSERVE_PLATFORM_KUBERNETES_PLUGIN": "mine"}, Downloads(None))
    assert str(refused.value) == (
        "KSERVE_PLATFORM_KUBERNETES_PLUGIN: not a Kubernetes plugin\n"
        "  seen: mine\n"
        "  do:   Set it to official or stand-in; or unset it."
    )


def test_of_installed_plugins_the_newest_that_fits_is_taken() -> None:
    names = ["v4.34.2", "v4.40.0", "v4.9.0", "v5.0.0", "v4.41.0-alpha.1"]
    folders = {f"resource-kubernetes-{name}": Path(name) for name in names}
    assert newest_installed(folders, (4, 34, 2)) == Path("v4.40.0")
    assert newest_installed(folders, (4, 40, 1)) is None


def test_the_reason_of_a_failed_download_is_the_networks() -> None:
    text = (
        'warning: Get "https://a/b": dial tcp: lookup a: no such host\n'
        "Will retry in 80ms [1/5]\n"
        "error: failed to download plugin: kubernetes-4.34.2: failed all 5 attempts"
    )
    assert reason(text) == "lookup a: no such host"
    assert reason("error: no such version") == "no such version"
