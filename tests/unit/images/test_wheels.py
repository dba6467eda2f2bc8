"""Wheels as layers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.images import wheels


def make_wheel(path: Path, files: dict[str, int]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, name)
    return path


def test_files_of_a_wheel_lie_sorted_below_the_folder_of_packages(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w.whl", {"b/__init__.py": 0o644, "a/tool": 0o755, "b/": 0o755})

    found = [(entry.path, entry.mode, entry.source) for entry in wheels.wheel_files(wheel, "opt/lib")]

    assert found == [("opt/lib/a/tool", 0o755, b"a/tool"), ("opt/lib/b/__init__.py", 0o644, b"b/__init__.py")]


def test_a_wheel_s_data_goes_where_an_installer_puts_it_and_its_scripts_nowhere(tmp_path: Path) -> None:
    names = [
        "x-1.data/purelib/x/a.py",
        "x-1.data/platlib/x/b.so",
        "x-1.data/scripts/x",
        "x-1.data/headers/x.h",
    ]
    wheel = make_wheel(tmp_path / "w.whl", dict.fromkeys(names, 0o644))

    assert [entry.path for entry in wheels.wheel_files(wheel, "lib")] == ["lib/x/b.so", "lib/x/a.py"]


def test_files_that_are_not_wanted_are_left_out(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w.whl", {"x/a.py": 0o644, "x/tests/b.py": 0o644})

    kept = wheels.wheel_files(wheel, "lib", lambda path: "/tests/" not in path)

    assert [entry.path for entry in kept] == ["lib/x/a.py"]


def test_only_wheels_that_were_asked_for_are_an_image_s_origin() -> None:
    found = [Path(f"{name}-py3-none-any.whl") for name in ("torch_model_archiver-0.12.0", "tqdm-4.70")]

    assert wheels.versions(found, "# tools\ntorch-model-archiver==0.12.0\n") == (
        "pypi/torch_model_archiver@0.12.0",
    )


def test_wheels_that_cannot_be_fetched_are_named_with_pip_s_own_words(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = tmp_path / "pip"
    pip.write_text("#!/bin/sh\necho 'ERROR: no such package' >&2\nexit 1\n")
    pip.chmod(0o755)
    monkeypatch.setattr(wheels, "pip_command", lambda: [str(pip)])

    with pytest.raises(PlatformError) as caught:
        wheels.fetch_wheels(cache, "nothing==1.0 --hash=sha256:00\n")

    assert str(caught.value) == (
        "Python packages for an image could not be fetched\n"
        "  why:  ERROR: no such package\n"
        "  do:   Check the network and pip's settings (pip config list), then run the command again."
    )
    assert list(cache.folder("images", "wheels").iterdir()) == []
