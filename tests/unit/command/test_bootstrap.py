"""Making .venv: what satisfies a lock, and what a kill, a second run or somebody else's folder do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from command import bootstrap

LOCK = """\
# comment
annotated-types==0.8.0 \\
    --hash=sha256:aa
PyYAML==6.0.3 \\
    --hash=sha256:bb
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements.txt").write_text(LOCK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A double of the installer: makes an empty environment and counts."""
    made: list[Path] = []

    def install(target: Path, locks: list[Path]) -> None:
        (target / "bin").mkdir(parents=True)
        made.append(target)

    monkeypatch.setattr(bootstrap, "install", install)
    return made


def dist(environment: Path, *names: str) -> None:
    for name in names:
        (environment / "lib/python3.11/site-packages" / f"{name}.dist-info").mkdir(parents=True)


def test_a_lock_is_read_by_normalised_names() -> None:
    assert bootstrap.locked_versions(LOCK) == {"annotated-types": "0.8.0", "pyyaml": "6.0.3"}


def test_a_wrong_version_is_missing() -> None:
    assert bootstrap.missing(LOCK, {"annotated-types": "0.8.0", "pyyaml": "6.0.2"}) == ["pyyaml==6.0.3"]


def test_the_makefile_names_the_stamp_as_the_script_does(checkout: Path) -> None:
    said = subprocess.run(["sha256sum", "requirements.txt"], capture_output=True, text=True, check=True)
    assert bootstrap.lock_key(LOCK.encode()) == said.stdout[:16]


def test_an_old_python_is_refused_with_what_to_do() -> None:
    with pytest.raises(bootstrap.Unready) as refused:
        bootstrap.require_python((3, 9))
    assert str(refused.value) == (
        "this is Python 3.9, and 3.11 or newer is needed. "
        "Install python3.11, or name one: make PYTHON=/path/to/python3.11 up"
    )


def test_the_environment_is_switched_to_when_it_is_whole(checkout: Path, installs: list[Path]) -> None:
    assert bootstrap.main(["requirements.txt"]) == 0
    key = bootstrap.lock_key(LOCK.encode())
    assert (checkout / ".venv").readlink() == Path(".venvs") / key
    assert (checkout / ".venv/locks" / key).exists()


def test_a_second_run_installs_nothing(checkout: Path, installs: list[Path]) -> None:
    bootstrap.main(["requirements.txt"])
    bootstrap.main(["requirements.txt"])
    assert len(installs) == 1


def test_a_changed_lock_makes_another_environment_and_drops_the_old(
    checkout: Path, installs: list[Path]
) -> None:
    bootstrap.main(["requirements.txt"])
    (checkout / "requirements.txt").write_text(LOCK.replace("6.0.3", "6.0.4"))
    bootstrap.main(["requirements.txt"])
    assert len(installs) == 2
    assert not installs[0].exists()
    assert (checkout / ".venv").resolve() == installs[1]


def test_an_installation_that_failed_leaves_the_old_environment_in_use(
    checkout: Path, installs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.main(["requirements.txt"])
    (checkout / "requirements.txt").write_text(LOCK.replace("6.0.3", "6.0.4"))

    def fail(target: Path, locks: list[Path]) -> None:
        target.mkdir(parents=True)
        raise subprocess.CalledProcessError(3, ["pip"])

    monkeypatch.setattr(bootstrap, "install", fail)
    assert bootstrap.main(["requirements.txt"]) == 1
    assert (checkout / ".venv").resolve() == installs[0]


def test_what_a_kill_left_half_made_is_made_anew(checkout: Path, installs: list[Path]) -> None:
    half = checkout / ".venvs" / bootstrap.lock_key(LOCK.encode()) / "bin"
    half.mkdir(parents=True)
    (half / "broken").touch()
    bootstrap.main(["requirements.txt"])
    assert not (checkout / ".venv/bin/broken").exists()


def test_a_folder_of_somebody_else_is_taken_if_it_has_everything(
    checkout: Path, installs: list[Path]
) -> None:
    dist(checkout / ".venv", "annotated_types-0.8.0", "PyYAML-6.0.3", "pip-24.0")
    assert bootstrap.main(["requirements.txt"]) == 0
    assert installs == []
    assert (checkout / ".venv/locks" / bootstrap.lock_key(LOCK.encode())).exists()


def test_a_folder_of_somebody_else_that_lacks_something_is_refused_and_kept(
    checkout: Path, installs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    dist(checkout / ".venv", "annotated_types-0.8.0", "pip-24.0")
    assert bootstrap.main(["requirements.txt"]) == 1
    assert installs == []
    assert (checkout / ".venv/lib").is_dir()
    assert capsys.readouterr().err == (
        "Cannot prepare Python: .venv was not made by this project and lacks 1 of its packages "
        "(pyyaml==6.0.3). Remove it: rm -r .venv\n"
    )


def test_without_pip_and_without_apt_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.Unready) as refused:
        bootstrap.debian_pip(tmp_path)
    assert str(refused.value) == (
        "neither pip nor a way to fetch it was found. "
        "Install it (apt-get install python3-venv), or put uv on PATH."
    )


def test_the_script_needs_nothing_but_the_standard_library() -> None:
    load = f"import runpy; runpy.run_path({bootstrap.__file__!r})"
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", load], check=False, capture_output=True)
    assert (ended.returncode, ended.stderr) == (0, b"")
