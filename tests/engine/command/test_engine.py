"""The real engine as this command runs it: clean checkouts, secrets, kills and Ctrl-C."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from command.engine.environment import engine_variables
from command.engine.locks import read_locks
from command.engine.pending import pending_operations
from command.engine.session import orphans, processes
from command.engine.shim import write_shim
from command.engine.store import copy_settings, read_checkpoint
from command.recover import recover
from command.shell import shell_exports
from tests.engine.command.conftest import SECRET, Checkout

pytestmark = pytest.mark.engine

ENOUGH = 60.0


def until(true: Callable[[], bool], what: str) -> None:
    """A gate with a deadline: what is not true by then fails the test by name."""
    deadline = time.monotonic() + ENOUGH
    while not true():
        assert time.monotonic() < deadline, f"never became true: {what}"
        select.select([], [], [], 0.05)


def engine_pid(checkout: Checkout) -> int:
    return int(json.loads(checkout.places.session.read_text())["pid"])


def kill_engine(checkout: Checkout) -> None:
    os.kill(engine_pid(checkout), signal.SIGKILL)


def up(checkout: Checkout) -> dict[str, int]:
    outcome, progress = checkout.engine.operate(checkout.board(), "up")
    assert outcome.status == 0, (outcome, progress.messages)
    return dict(progress.changes)


def test_up_twice_changes_nothing_and_leaves_the_checkout_clean(checkout: Checkout) -> None:
    before = checkout.places.stack_file.read_bytes()
    assert up(checkout) == {"create": 4}
    assert up(checkout) == {"same": 4}
    assert checkout.places.stack_file.read_bytes() == before
    assert checkout.changed_files() == ""


def test_steps_and_outputs_come_out_of_the_engines_events(checkout: Checkout) -> None:
    outcome, progress = checkout.engine.operate(checkout.board(), "up")
    assert outcome.status == 0
    assert dict(progress.outputs) == {"url": "http://127.0.0.1"}
    assert "layer: done in" in checkout.lines.getvalue()


def test_no_secret_is_written_in_plain(checkout: Checkout) -> None:
    up(checkout)
    written = [file for file in checkout.places.cache.root.rglob("*") if file.is_file()]
    assert len(written) > 5
    assert [file for file in written if SECRET.encode() in file.read_bytes()] == []
    assert SECRET not in checkout.lines.getvalue()
    assert checkout.engine.call("stack", "output", "kubeconfig", "--show-secrets").strip() == SECRET


def test_what_a_person_types_works_and_leaves_the_checkout_clean(checkout: Checkout) -> None:
    places, engine = checkout.places, checkout.engine
    pulumi = Path(engine.folders[1]) / "pulumi"
    folders = (str(write_shim(places, pulumi)), *engine.folders)
    exports = shell_exports(engine_variables(places, offline=True), folders)
    script = f"""
        set -e
        {exports}
        pulumi preview
        pulumi up --yes
        pulumi preview --expect-no-changes
        pulumi refresh --yes
        pulumi stack output url
        pulumi destroy --yes
    """
    said = subprocess.run(
        ["/bin/sh", "-c", script], cwd=places.checkout, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr + said.stdout
    assert "http://127.0.0.1\n" in said.stdout
    assert checkout.changed_files() == ""


def test_a_killed_engine_is_recovered_from(checkout: Checkout) -> None:
    checkout.hold.touch()

    def kill() -> None:
        until(checkout.begun.exists, "the creation began")
        kill_engine(checkout)

    killer = threading.Thread(target=kill)
    killer.start()
    outcome, _ = checkout.engine.operate(checkout.board(), "up")
    killer.join()
    assert outcome.status == -signal.SIGKILL
    assert len(read_locks(checkout.places.locks)) == 1
    left = pending_operations(read_checkpoint(checkout.places.checkpoint))
    assert [one.name for one in left] == ["Slow slow"]
    recover(checkout.engine, checkout.board(), cluster_is_ours=True)
    record = json.loads(checkout.places.session.read_text())
    until(lambda: not orphans(record, processes()), "the orphans ended")
    assert read_locks(checkout.places.locks) == []
    assert "1 dead lock removed" in checkout.lines.getvalue()
    assert "1 interrupted operation to be done again" in checkout.lines.getvalue()
    checkout.hold.unlink()
    assert up(checkout)["create"] == 1
    assert pending_operations(read_checkpoint(checkout.places.checkpoint)) == []


def test_an_engine_whose_starter_is_killed_saves_its_state_and_ends(checkout: Checkout) -> None:
    checkout.hold.touch()
    program = (
        "import sys, pathlib\n"
        "from command.display.board import Board\n"
        "from command.engine.kubernetes_plugin import KubernetesPlugin\n"
        "from command.engine.places import Places\n"
        "from command.engine.pulumi import Engine\n"
        "from machine.cache import Cache\n"
        "cache, checkout, *folders = sys.argv[1:]\n"
        "places = Places(Cache(pathlib.Path(cache)), 'local', pathlib.Path(checkout))\n"
        "Engine(places, tuple(folders), KubernetesPlugin(False, None, '')).operate(Board([]), 'up')\n"
    )
    places = checkout.places
    arguments = [str(places.cache.root), str(places.checkout), *checkout.engine.folders]
    with subprocess.Popen([sys.executable, "-c", program, *arguments]) as starter:
        until(checkout.begun.exists, "the creation began")
        engine = engine_pid(checkout)
        handle = os.pidfd_open(engine)
        starter.kill()
        assert select.select([handle], [], [], ENOUGH)[0] == [handle]
        os.close(handle)
    assert read_locks(places.locks) == []
    checkout.hold.unlink()
    recover(checkout.engine, checkout.board(), cluster_is_ours=True)
    assert up(checkout)["create"] == 1


def test_ctrl_c_is_passed_on_once_and_the_state_is_kept(checkout: Checkout) -> None:
    checkout.hold.touch()

    def interrupt() -> None:
        until(checkout.begun.exists, "the creation began")
        os.kill(os.getpid(), signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    outcome, _ = checkout.engine.operate(checkout.board(), "up")
    interrupter.join()
    assert outcome.interrupted
    assert outcome.status != 0
    assert "Ctrl-C again kills it" in checkout.lines.getvalue()
    assert read_locks(checkout.places.locks) == []
    checkout.hold.unlink()
    recover(checkout.engine, checkout.board(), cluster_is_ours=True)
    assert up(checkout)["create"] == 1


def test_a_second_ctrl_c_kills_at_once_with_all_that_was_started(checkout: Checkout) -> None:
    checkout.hold.write_text("deaf")  # else the first one may have ended it before the second is there

    def interrupt_twice() -> None:
        until(checkout.begun.exists, "the creation began")
        os.kill(os.getpid(), signal.SIGINT)
        until(lambda: "Ctrl-C again" in checkout.lines.getvalue(), "the first was passed on")
        os.kill(os.getpid(), signal.SIGINT)

    interrupter = threading.Thread(target=interrupt_twice)
    interrupter.start()
    outcome, _ = checkout.engine.operate(checkout.board(), "up")
    interrupter.join()
    record = json.loads(checkout.places.session.read_text())
    assert outcome.interrupted
    until(lambda: not orphans(record, processes()), "everything of the session ended")
    recover(checkout.engine, checkout.board(), cluster_is_ours=True)
    checkout.hold.unlink()
    assert up(checkout)["same"] >= 1


def test_a_failure_is_told_with_its_step_and_the_providers_words(checkout: Checkout) -> None:
    checkout.configure(fail="no room on any node")
    copy_settings(checkout.places)
    outcome, progress = checkout.engine.operate(checkout.board(), "up")
    assert outcome.status != 0
    first = progress.failures()[0]
    assert (first.step, first.resource) == ("layer", "Slow slow")
    assert "no room on any node" in first.text
    assert "layer: FAILED after" in checkout.lines.getvalue()
