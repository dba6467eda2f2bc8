"""Running programs: what comes back, what is logged, and that nothing outlives a stopped run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from machine import process
from machine.process import CommandFailed, Stopped, last_lines, run, run_logged, stop_programs


def test_both_streams_come_back() -> None:
    result = run(["sh", "-c", "echo out; echo err >&2"])
    assert (result.output, result.errors) == ("out\n", "err\n")


def test_a_program_reads_what_it_is_given_and_sees_its_variables() -> None:
    result = run(["sh", "-c", 'cat; printf %s "$WORD"'], stdin=b"given ", environment={"WORD": "seen"})
    assert result.output == "given seen"


def test_a_failure_carries_status_and_last_words() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(["sh", "-c", "echo why >&2; exit 3"])
    assert caught.value.status == 3
    assert str(caught.value) == "sh ended with status 3\n  why:  why"


def test_a_program_that_is_not_there_is_a_plain_failure() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(["/nowhere/program"])
    assert str(caught.value) == (
        "/nowhere/program ended with status 127\n"
        "  why:  [Errno 2] No such file or directory: '/nowhere/program'"
    )


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(["sh", "-c", "exec sleep 60"], timeout=0.1)
    assert caught.value.status is None
    assert str(caught.value) == "sh did not end in time"


def test_a_program_is_ended_once_what_it_waits_for_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_ASKED_EVERY_SECONDS", 0.05)
    answers = iter([False, False, True])
    with pytest.raises(CommandFailed) as caught:
        run(["sh", "-c", "exec sleep 60"], timeout=60, lost=lambda: next(answers))
    assert caught.value.status is None
    assert next(answers, None) is None


def test_a_program_that_may_be_lost_keeps_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_ASKED_EVERY_SECONDS", 0.05)
    result = run(["sh", "-c", "cat; sleep 0.3; echo last"], stdin=b"first\n", lost=lambda: False)
    assert result.output == "first\nlast\n"


def test_a_log_holds_the_command_and_every_line(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "logs" / "one.log"
    run_logged(["sh", "-c", "echo one; echo two >&2"], log, on_line=lines.append)
    assert log.read_text() == "$ sh -c 'echo one; echo two >&2'\none\ntwo\n"
    assert lines == ["one", "two"]


def test_a_logged_failure_names_the_log(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    with pytest.raises(CommandFailed) as caught:
        run_logged(["sh", "-c", "echo why; exit 1"], log)
    assert (
        str(caught.value) == f"sh ended with status 1\n  why:  why\n  do:   Read the whole output in {log}."
    )


def test_only_the_last_lines_are_told() -> None:
    text = "\n".join([*(str(number) for number in range(30)), "", ""])
    assert last_lines(text, 3) == "27\n28\n29"


def test_a_stopped_run_ends_its_programs_and_starts_none(tmp_path: Path) -> None:
    started = threading.Event()
    caught: list[BaseException] = []

    def work() -> None:
        try:
            run_logged(
                ["sh", "-c", "echo go; exec sleep 60"], tmp_path / "log", on_line=lambda _: started.set()
            )
        except Stopped as stopped:
            caught.append(stopped)

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(10)
    with stop_programs():
        thread.join(10)
        with pytest.raises(Stopped, match="true was not started: the run is being stopped"):
            run(["true"])
    assert [str(error) for error in caught] == ["sh was ended: the run is being stopped"]
    assert run(["echo", "again"]).output == "again\n"


def test_a_program_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from machine.process import run_logged\n"
        "def die(line):\n"
        f"    Path({str(pid_file)!r}).write_text(line)\n"
        "    os.kill(os.getpid(), 9)\n"
        f"run_logged(['sh', '-c', 'echo $$; exec sleep 60'], Path({str(tmp_path / 'log')!r}), on_line=die)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=Path.cwd())
    assert ended.returncode == -signal.SIGKILL
    child = int(pid_file.read_text())
    assert _gone(child)


def _gone(pid: int) -> bool:
    """Wait for a process that is not our child to end; the kernel tells through a pidfd."""
    import select

    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)
