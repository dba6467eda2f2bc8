"""The private engine on the real kernel: started, killed, brought back, and gone without a trace."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.docker import engine_lease, ensure_engine, stop_engine, stop_engine_if_unused
from machine.docker.api import PASSING
from tests.docker.conftest import NOTHING, Machine, signal_and_wait

pytestmark = pytest.mark.docker


def test_it_starts_once_and_answers(machine: Machine) -> None:
    endpoint = machine.start()
    pid = machine.engine.pid()
    assert machine.start() == endpoint
    assert machine.engine.pid() == pid
    container = machine.run_sleeper()  # by the command: it and the API speak to the same one
    assert [one["Id"] for one in machine.engine.api.containers()] == [container]


def test_two_who_start_it_at_once_share_one(machine: Machine) -> None:
    threads = [threading.Thread(target=machine.start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    configuration = f"dockerd --config-file={machine.engine.folder}"
    said = subprocess.run(["pgrep", "--full", configuration], capture_output=True, check=True)
    assert len(said.stdout.split()) == 1


def test_nothing_of_the_machine_changes_while_it_runs(machine: Machine) -> None:
    def look() -> dict[str, list[str]]:
        folders = ("/run", "/opt", "/etc", "/var/lib", "/sys/class/net")
        there = [folder for folder in map(Path, folders) if folder.is_dir()]
        return {str(folder): sorted(each.name for each in folder.iterdir()) for folder in there}

    before = look()
    machine.start()
    machine.run_sleeper()
    assert look() == before


def test_after_a_stop_nothing_is_left_but_files_in_the_cache(machine: Machine) -> None:
    machine.start()
    container = machine.run_sleeper("--privileged")
    pid = machine.pid_of(container)
    assert set(machine.traces.seen()["processes"]) >= {machine.engine.pid(), pid}  # type: ignore[call-overload]
    stop_engine(machine.cache)
    assert machine.traces.seen() == NOTHING
    assert not machine.engine.holds_containers()
    assert not Path(f"/proc/{pid}/exe").exists()


def test_a_killed_daemon_comes_back_to_a_container_that_never_stopped(machine: Machine) -> None:
    machine.start()
    container = machine.run_sleeper()
    pid, daemon = machine.pid_of(container), machine.engine.pid()
    assert daemon is not None
    signal_and_wait(daemon, signal.SIGKILL)
    machine.start()
    assert machine.engine.pid() != daemon
    assert machine.pid_of(container) == pid


def test_a_killed_daemon_and_its_container_can_be_stopped_too(machine: Machine) -> None:
    machine.start()
    machine.run_sleeper()
    daemon = machine.engine.pid()
    assert daemon is not None
    signal_and_wait(daemon, signal.SIGKILL)
    stop_engine(machine.cache)
    assert machine.traces.seen() == NOTHING
    machine.start()
    assert machine.docker("ps", "--all", "--quiet") == ""


def test_a_daemon_that_does_not_answer_is_replaced(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.start()
    hung = machine.engine.pid()
    assert hung is not None
    signal_and_wait(hung, signal.SIGSTOP)
    monkeypatch.setattr("machine.docker.private._ANSWER_SECONDS", 0.5)
    machine.start()
    assert machine.engine.pid() not in {hung, None}


def test_an_engine_is_used_only_once_its_killed_containerd_is_back(machine: Machine) -> None:
    machine.start()
    pid_file = machine.engine.folder / "run" / "docker" / "containerd" / "containerd.pid"
    signal_and_wait(int(pid_file.read_text()), signal.SIGKILL)
    assert machine.engine.api.answers()
    assert not machine.engine.api.can_run()

    machine.start()

    assert machine.run_sleeper()


def test_it_outlives_the_process_that_started_it(machine: Machine, toolchain: object) -> None:
    program = (
        "import sys; from pathlib import Path; from machine.cache import Cache\n"
        "from machine.toolchain import Toolchain; from machine.progress import Silent\n"
        "from machine.docker import engine\n"
        "engine.user_engine = lambda: None\n"
        "engine.ensure_engine(Cache(Path(sys.argv[1])), Toolchain(Cache.default(), Silent()))\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program, str(machine.cache.root)], check=True, cwd=root)
    assert machine.engine.api.answers()


def test_a_container_gives_a_name_server_that_is_silent_one_second_once(machine: Machine) -> None:
    machine.start()
    container = machine.run_sleeper()
    resolver = Path(machine.docker("inspect", "--format", "{{.ResolvConfPath}}", container))
    assert "options timeout:1 attempts:1" in resolver.read_text().splitlines()


def test_a_daemon_that_cannot_start_says_why(machine: Machine) -> None:
    machine.engine.folder.mkdir(parents=True)
    (machine.engine.folder / "data").write_text("in the way")
    with pytest.raises(PlatformError) as failed:
        machine.start()
    problem = failed.value.problems[0]
    assert problem.what == "The private Docker Engine ended while starting"
    assert "canonical path points to a file" in problem.why
    assert problem.fix == f"Read {machine.engine.log}."


def test_engines_of_two_caches_run_side_by_side(make_machine: Callable[[], Machine]) -> None:
    first, second = make_machine(), make_machine()
    first.start()
    second.start()
    first.run_sleeper()
    assert second.docker("ps", "--quiet") == ""
    stop_engine(second.cache)
    assert second.traces.seen() == NOTHING
    assert len(first.docker("ps", "--quiet").split()) == 1


def test_it_is_stopped_only_when_nothing_is_on_it_and_nobody_uses_it(machine: Machine) -> None:
    machine.start()
    container = machine.run_sleeper()
    assert not stop_engine_if_unused(machine.cache)
    machine.docker("rm", "--force", container)
    with engine_lease(machine.cache):
        assert not stop_engine_if_unused(machine.cache)
    assert stop_engine_if_unused(machine.cache)
    assert machine.traces.seen() == NOTHING


def test_stopping_what_never_ran_does_nothing(machine: Machine) -> None:
    stop_engine(machine.cache)
    assert not stop_engine_if_unused(machine.cache)
    assert machine.traces.seen() == NOTHING


def test_an_engine_that_holds_containers_stays_the_one_to_use(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = machine.start()
    machine.run_sleeper()
    monkeypatch.setattr("machine.docker.engine.user_engine", lambda: pytest.fail("asked for another one"))
    assert ensure_engine(machine.cache, machine.toolchain) == private


def test_what_a_killed_run_left_on_it_does_not_keep_it_running(machine: Machine) -> None:
    machine.start()
    machine.run_sleeper(f"--label={PASSING}")
    assert stop_engine_if_unused(machine.cache)
    assert machine.traces.seen() == NOTHING
