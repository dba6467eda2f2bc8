"""Kernel limits are raised where they are low, and only then."""

from __future__ import annotations

from pathlib import Path

from machine.docker.limits import WANTED, raise_limits


def _limits(folder: Path, **values: int) -> Path:
    for name, value in values.items():
        (folder / name).write_text(f"{value}\n")
    return folder


def test_low_limits_are_raised(tmp_path: Path) -> None:
    folder = _limits(tmp_path, max_user_instances=128, max_user_watches=8192)
    assert raise_limits(folder) == []
    assert {name: int((folder / name).read_text()) for name in WANTED} == WANTED


def test_high_limits_stay(tmp_path: Path) -> None:
    folder = _limits(tmp_path, max_user_instances=8192, max_user_watches=1048576)
    raise_limits(folder)
    assert (folder / "max_user_instances").read_text() == "8192\n"


def test_a_kernel_without_them_needs_nothing(tmp_path: Path) -> None:
    assert raise_limits(tmp_path) == []


def test_who_may_not_raise_them_is_told_the_line_to_run(tmp_path: Path) -> None:
    class Refusing(type(tmp_path)):  # type: ignore[misc]
        """A path below /proc/sys as another user meets it."""

        def write_text(self, *arguments: object, **options: object) -> int:
            raise PermissionError(13, "Permission denied")

    folder = _limits(tmp_path, max_user_instances=128, max_user_watches=1048576)
    (problem,) = raise_limits(Refusing(folder))
    assert str(problem) == (
        "fs.inotify.max_user_instances is low for a Kubernetes node\n"
        "  seen: 128\n"
        '  why:  Programs on the node may end with "too many open files".\n'
        "  do:   Raise it as root: sysctl fs.inotify.max_user_instances=1024"
    )


def test_the_readme_tells_whoever_runs_it_what_is_raised_on_the_machine() -> None:
    told = (Path(__file__).parents[3] / "README.md").read_text()
    happens = told.partition("## What happens on your machine")[2].partition("\n## ")[0]
    for name, value in WANTED.items():
        assert name in happens
        assert str(value) in happens
