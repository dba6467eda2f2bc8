"""Real Debian packages, and a machine whose package manager learns nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.cache import Cache
from machine.process import run
from machine.toolchain.debian import DebianPackages, PackagesUnavailable

pytestmark = pytest.mark.build

_WATCHED = (
    Path("/var/lib/dpkg/status"),
    Path("/var/lib/apt/lists"),
    Path("/var/lib/apt/extended_states"),
    Path("/var/cache/apt/archives"),
)


def _state() -> dict[Path, tuple[int, tuple[Path, ...]]]:
    return {
        path: (path.stat().st_mtime_ns, tuple(sorted(path.iterdir())) if path.is_dir() else ())
        for path in _WATCHED
        if path.exists()
    }


def test_a_package_comes_with_its_c_library_and_the_machine_is_untouched(
    cache: Cache, tmp_path: Path
) -> None:
    before = _state()
    packages = DebianPackages(cache)
    versions = packages.unpack(["socat"], tmp_path / "root")
    assert _state() == before
    assert {"socat", "libc6", "libssl3"} <= set(versions)
    root = tmp_path / "root"
    assert (root / "bin").is_symlink()
    loader = next((root / "lib64").glob("ld-linux-*"))
    library = next((root / "lib").glob("*-linux-gnu"))
    said = run([loader, "--library-path", library, root / "usr/bin/socat", "-V"]).output
    assert said.startswith("socat by Gerhard Rieger")


def test_the_same_names_have_the_same_key(cache: Cache) -> None:
    packages = DebianPackages(cache)
    assert packages.key(["socat"]) == packages.key(["socat"])
    assert packages.key(["socat"]) != packages.key(["catatonit"])


def test_a_package_that_does_not_exist_is_named(cache: Cache) -> None:
    with pytest.raises(PackagesUnavailable) as caught:
        DebianPackages(cache).resolve(["no-such-package-at-all"])
    assert caught.value.problems[0].seen == "no-such-package-at-all"
