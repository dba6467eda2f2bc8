"""Packages resolved, fetched and unpacked, with doubles of apt-get, apt-config and dpkg-deb on PATH."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.toolchain.apt import Package
from machine.toolchain.debian import (
    DebianPackages,
    PackagesUnavailable,
    content_key,
    read_codename,
    require_debian_tools,
)

_APT_GET = '''#!{python} -S
"""A double of apt-get: one package, `thing`, in the archive at the version of the file `version`."""
import json, os, re, sys
home, arguments = {home!r}, sys.argv[1:]
with open(home + "/calls", "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
conf = open(os.environ["APT_CONFIG"]).read()
folder = re.search('Dir::State "(.*)/state";', conf).group(1)
if os.path.exists(home + "/unreachable"):
    print("Err:1 http://mirror.example.com/debian bookworm InRelease")
    print("E: Failed to fetch http://mirror.example.com/x  Could not connect to mirror.example.com:80")
    sys.exit(100)
here = open(home + "/version").read()
lists = folder + "/state/lists/mirror_main_Packages"
if "update" in arguments:
    open(lists, "w").write(here)
    sys.exit()
if "thing" not in arguments:
    sys.exit("E: Unable to locate package " + arguments[-1])
known = open(lists).read()
file = "thing_" + known.replace(":", "%3a") + "_amd64.deb"
if "--print-uris" in arguments:
    print("'http://mirror.example.com/t/" + file + "' " + file + " 4 SHA256:ab")
elif known != here:
    print("E: Failed to fetch http://mirror.example.com/t/" + file + "  404  Not Found")
    sys.exit(100)
else:
    open(folder + "/archives/" + file, "w").write("deb\\n")
'''
_DPKG_DEB = """#!/bin/sh
# A double of dpkg-deb: every archive holds lib/thing.so and usr/bin/thing; a broken one says so.
[ -e {home}/broken ] && {{ echo "dpkg-deb: error: not a Debian format archive" >&2; exit 2; }}
exec tar -c -C {home}/content ./lib ./usr
"""


class Debian:
    """A double of a Debian machine and its mirror."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.bin = home / "bin"
        self.apt = home / "etc-apt"
        self.release = home / "os-release"
        for folder in (self.bin, self.apt / "sources.list.d", home / "content/lib", home / "content/usr/bin"):
            folder.mkdir(parents=True)
        self._program("apt-get", _APT_GET.format(python=sys.executable, home=str(home)))
        self._program("apt-config", "#!/bin/sh\necho 'Acquire::http::Proxy \"http://p.example.com\";'\n")
        self._program("dpkg-deb", _DPKG_DEB.format(home=home))
        (home / "content/lib/thing.so").write_text("library")
        (home / "content/usr/bin/thing").write_text("program")
        self.release.write_text('PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_CODENAME=bookworm\n')
        (self.apt / "sources.list").write_text("deb http://mirror.example.com/debian bookworm main\n")
        self.publish("1:1.0-1")

    def publish(self, version: str) -> None:
        """Have the mirror hold this version, and no other."""
        (self.home / "version").write_text(version)

    def calls(self) -> list[str]:
        """What apt-get was asked for, in short."""
        words = ("update", "--print-uris", "--download-only")
        lines = map(json.loads, (self.home / "calls").read_text().splitlines())
        return [word for line in lines for word in words if word in line]

    def _program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Debian:
    machine = Debian(tmp_path / "machine")
    monkeypatch.setenv("PATH", os.pathsep.join([str(machine.bin), os.environ["PATH"]]))
    return machine


@pytest.fixture
def packages(debian: Debian, cache: Cache) -> DebianPackages:
    return DebianPackages(cache, apt=debian.apt, release=debian.release)


def test_packages_are_unpacked_with_their_versions(packages: DebianPackages, tmp_path: Path) -> None:
    assert packages.unpack(["thing"], tmp_path / "root") == {"thing": "1:1.0-1"}
    root = tmp_path / "root"
    assert (root / "lib").is_symlink()
    assert (root / "usr/lib/thing.so").read_text() == "library"
    assert (root / "bin/thing").read_text() == "program"


def test_lists_are_read_once_and_archives_fetched_once(packages: DebianPackages, debian: Debian) -> None:
    packages.fetch(["thing"])
    assert debian.calls() == ["update", "--print-uris", "--download-only"]
    packages.fetch(["thing"])
    assert debian.calls()[3:] == ["--print-uris"]


def test_a_warm_cache_needs_no_mirror(packages: DebianPackages, debian: Debian) -> None:
    before = packages.fetch(["thing"])
    debian.publish("2.0-1")
    assert packages.fetch(["thing"]) == before


def test_lists_are_renewed_when_the_mirror_has_moved_on(packages: DebianPackages, debian: Debian) -> None:
    assert packages.key(["thing"]) == content_key([_thing("1:1.0-1")])
    debian.publish("2.0-1")
    assert [package.version for package in packages.fetch(["thing"])] == ["2.0-1"]
    assert packages.key(["thing"]) == content_key([_thing("2.0-1")])


def test_an_archive_of_another_size_is_fetched_again(packages: DebianPackages, debian: Debian) -> None:
    (package,) = packages.fetch(["thing"])
    packages.archive(package).write_text("half a file")
    packages.fetch(["thing"])
    assert packages.archive(package).read_text() == "deb\n"


def test_an_unknown_package_is_named(packages: DebianPackages, debian: Debian) -> None:
    with pytest.raises(PackagesUnavailable) as caught:
        packages.resolve(["nonesuch"])
    assert str(caught.value) == (
        "This machine's Debian sources have no such package\n"
        "  seen: nonesuch\n"
        f"  do:   Check the sources in {debian.apt}."
    )


def test_a_silent_mirror_is_told_with_its_own_words(
    packages: DebianPackages, debian: Debian, cache: Cache
) -> None:
    (debian.home / "unreachable").touch()
    with pytest.raises(PackagesUnavailable) as caught:
        packages.fetch(["thing"])
    assert str(caught.value) == (
        "apt could not read the package lists\n"
        "  why:  Err:1 http://mirror.example.com/debian bookworm InRelease\n"
        "E: Failed to fetch http://mirror.example.com/x  Could not connect to mirror.example.com:80\n"
        "  do:   Check the network and the sources in /etc/apt, then run the command again. "
        f"Log: {cache.path('logs', 'debian.log')}"
    )


def test_a_broken_archive_is_told(packages: DebianPackages, debian: Debian, tmp_path: Path) -> None:
    (debian.home / "broken").touch()
    with pytest.raises(PackagesUnavailable) as caught:
        packages.unpack(["thing"], tmp_path / "root")
    assert caught.value.problems[0].what == "apt could not unpack thing_1%3a1.0-1_amd64.deb"
    assert "not a Debian format archive" in caught.value.problems[0].why


def test_a_machine_without_sources_of_its_release_is_told(packages: DebianPackages, debian: Debian) -> None:
    (debian.apt / "sources.list").write_text("deb http://mirror.example.com/debian trixie main\n")
    with pytest.raises(PackagesUnavailable) as caught:
        packages.resolve(["thing"])
    assert str(caught.value) == (
        "This machine has no package source of its own release\n"
        "  seen: sources.list\n"
        f"  why:  No enabled source in {debian.apt} offers bookworm.\n"
        f"  do:   Add one to {debian.apt}/sources.list.d."
    )


def test_the_machines_proxy_is_kept(packages: DebianPackages, cache: Cache) -> None:
    packages.resolve(["thing"])
    conf = cache.path("debian", "apt.conf").read_text()
    assert conf.splitlines()[0] == 'Acquire::http::Proxy "http://p.example.com";'


def test_a_machine_without_apt_is_no_debian(tmp_path: Path) -> None:
    with pytest.raises(PackagesUnavailable) as caught:
        require_debian_tools(str(tmp_path))
    assert str(caught.value) == (
        "This is not a Debian system\n"
        "  seen: no apt-get, apt-config, dpkg-deb on PATH\n"
        "  why:  What has no official release to verify is taken from Debian's packages by apt and dpkg.\n"
        "  do:   Install Docker yourself and use `images: pull`, or use Debian 12 or a release after it."
    )


@pytest.mark.parametrize(
    ("text", "seen"),
    [('PRETTY_NAME="Alpine Linux v3.20"\n', "Alpine Linux v3.20"), (None, "no os-release file")],
)
def test_a_release_without_a_codename_is_no_debian(tmp_path: Path, text: str | None, seen: str) -> None:
    file = tmp_path / "os-release"
    if text:
        file.write_text(text)
    with pytest.raises(PackagesUnavailable) as caught:
        read_codename(file)
    assert caught.value.problems[0].seen == seen


def test_a_key_names_every_version_and_no_order() -> None:
    one, two = _thing("1.0"), Package("other", "1.0", "all", "other_1.0_all.deb", 5)
    assert content_key([one, two]) == content_key([two, one])
    assert content_key([one, two]) != content_key([_thing("1.1"), two])


def _thing(version: str) -> Package:
    return Package("thing", version, "amd64", f"thing_{version.replace(':', '%3a')}_amd64.deb", 4)
