"""The cache: whole entries or none, whatever happens to their producers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from machine.cache import Cache, remove_tree, write_atomically


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"KSERVE_PLATFORM_CACHE": "/own", "XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/own"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/xdg/kserve-platform"),
        ({"HOME": "/home/me"}, "/home/me/.cache/kserve-platform"),
        ({"KSERVE_PLATFORM_CACHE": "", "HOME": "/home/me"}, "/home/me/.cache/kserve-platform"),
    ],
)
def test_the_root_is_the_users_own_choice_first(environment: dict[str, str], expected: str) -> None:
    assert Cache.default(environment).root == Path(expected)


def test_an_entry_is_built_once(cache: Cache) -> None:
    calls: list[Path] = []

    def build(aside: Path) -> None:
        calls.append(aside)
        aside.write_text("made")

    first = cache.produce(("things", "one"), build)
    second = cache.produce(("things", "one"), build)
    assert first == second == cache.path("things", "one")
    assert first.read_text() == "made"
    assert len(calls) == 1


def test_a_failed_build_leaves_nothing(cache: Cache) -> None:
    def build(aside: Path) -> None:
        aside.mkdir()
        (aside / "half").write_text("half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        cache.produce(("things", "one"), build)
    assert list(cache.path("things").iterdir()) == []


def test_what_a_killed_producer_left_is_removed_by_the_next(cache: Cache) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from machine.cache import Cache\n"
        "def build(aside):\n"
        "    aside.mkdir()\n"
        "    (aside / 'half').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"Cache(Path({str(cache.root)!r})).produce(('things', 'one'), build)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=Path.cwd())
    assert ended.returncode == -signal.SIGKILL
    assert [entry.name.startswith("one.aside-") for entry in cache.path("things").iterdir()] == [True]
    cache.produce(("things", "one"), lambda aside: aside.mkdir())
    assert [entry.name for entry in cache.path("things").iterdir()] == ["one"]


def _produce(root: Path, marks: Path) -> None:
    def build(aside: Path) -> None:
        (marks / f"{os.getpid()}").touch()
        aside.write_text("made")

    Cache(root).produce(("things", "one"), build)


def test_two_runs_at_once_do_the_work_once(cache: Cache, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    context = multiprocessing.get_context("spawn")
    runs = [context.Process(target=_produce, args=(cache.root, marks)) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0, 0]
    assert len(list(marks.iterdir())) == 1


def test_a_run_that_waits_for_another_says_so(cache: Cache) -> None:
    notes: list[str] = []
    waiting = threading.Event()

    def note(text: str) -> None:
        notes.append(text)
        waiting.set()

    def wait() -> None:
        cache.produce(("one",), lambda aside: aside.touch(), note)

    thread = threading.Thread(target=wait)
    with cache.lock("one"):
        thread.start()
        assert waiting.wait(10)
    thread.join(10)
    assert notes == ["another run is doing this: waiting for it"]
    assert cache.path("one").exists()


def test_shared_locks_are_held_together(cache: Cache) -> None:
    notes: list[str] = []
    with cache.lock("one", shared=True), cache.lock("one", shared=True, note=notes.append):
        assert notes == []


def test_a_folder_with_read_only_folders_is_removed(tmp_path: Path) -> None:
    deep = tmp_path / "top" / "inner"
    deep.mkdir(parents=True)
    (deep / "file").write_text("text")
    deep.chmod(0o500)
    remove_tree(tmp_path / "top")
    assert not (tmp_path / "top").exists()


def test_removing_a_link_to_a_folder_leaves_the_folder(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to("kept")
    remove_tree(tmp_path / "link")
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    remove_tree(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "new" / "secret"
    write_atomically(target, "first", mode=0o600)
    write_atomically(target, b"second", mode=0o600)
    assert target.read_bytes() == b"second"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in target.parent.iterdir()] == ["secret"]
