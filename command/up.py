"""`up`: from a stack file to a prediction.

The stack file is judged before anything else, and nothing is created when it is wrong. Everything after can
be killed at any moment and run again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from command.display.board import Board
from command.display.make import make_board
from command.display.words import duration
from command.endpoints import Endpoint, endpoints
from command.engine.places import Places
from command.engine.progress import EngineProgress, changes_in_words
from command.engine.pulumi import Engine
from command.engine.run import Outcome
from command.engine.store import prepare_store
from command.failure import describe
from command.inference.client import curl_line
from command.prove import Check, Sample, check_prediction, failed_check, picture
from command.recover import recover
from components.settings.load import load_stack_file
from machine.cache import Cache, write_atomically

if TYPE_CHECKING:
    from command.diagnosis.reader import Reader
    from components.settings.model import Settings

FAILED = 1
INTERRUPTED = 130
_ENGINE_STEP = "run the program"


class Machine(Protocol):
    """What `up` needs of the machine."""

    @property
    def makes_cluster(self) -> bool: ...
    def prepare(self) -> None: ...
    def engine(self) -> Engine: ...
    def reader(self) -> AbstractContextManager[Reader]: ...


def main(options: argparse.Namespace) -> int:
    """Bring the stack up."""
    cache = Cache.default()
    places = Places(cache, options.stack)
    settings = load_stack_file(places.stack_file)
    with make_board(cache, places.log("up"), plain=options.plain) as board:
        from command.local_machine import LocalMachine

        return bring_up(places, settings, board, LocalMachine(places, settings, board))


def bring_up(places: Places, settings: Settings, board: Board, machine: Machine) -> int:
    """Do it, step after step.

    Args:
        places: The stack's files.
        settings: Its settings, judged.
        board: Shows the steps.
        machine: Tools, images and Docker.

    Returns:
        Exit status.

    Raises:
        PlatformError: Something is missing, with what to do.
    """
    machine.prepare()
    engine = machine.engine()
    board.say(f"Kubernetes plugin: {engine.plugin.words}")
    prepare_store(places, engine.variables())
    board.redact.learn(places.passphrase.read_text(encoding="utf-8"))
    recover(engine, board, cluster_is_ours=machine.makes_cluster)
    with board.step(_ENGINE_STEP) as note:
        outcome, progress = engine.operate(board, "up")
        note(changes_in_words(progress.changes))
    if outcome.status:
        board.say(f"\n{tell_failure(places, board, machine, outcome, progress, 'up')}")
        return INTERRUPTED if outcome.interrupted else FAILED
    return prove(places, settings, board, progress.outputs)


def tell_failure(
    places: Places, board: Board, machine: Machine, outcome: Outcome, progress: EngineProgress, verb: str
) -> str:
    """The failure with its cause, as far as it can be seen from here."""
    from command.diagnosis.resource import Diagnostician

    diagnose = Diagnostician(machine.reader)
    again = f"make {verb}" if places.stack == "local" else f"make {verb} STACK={places.stack}"
    log = places.log(verb)
    return board.redact(describe(outcome, progress.failures(), log=log, again=again, diagnose=diagnose))


def prove(places: Places, settings: Settings, board: Board, outputs: Mapping[str, Any]) -> int:
    """Ask the first example for a digit and show everything that a person wants to see at the end."""
    asked = next((one for one in endpoints(settings, outputs) if one.example), None)
    if asked is None:
        board.say(f"\nThe stack {places.stack} is up ({duration(board.seconds)}).")
        return 0
    from command.samples import first_sample

    sample = first_sample()
    with board.step("ask for a prediction", expected=1) as note:
        check = check_prediction(asked, sample)
        note(f"a {check.seen}" if check.right else "")
    if not check.right:
        board.say(f"\n{failed_check(check, asked)}")
        return FAILED
    body = places.cache.path("state", "requests", "mnist.json")
    write_atomically(body, sample.v1)
    board.say(success(check, asked, sample, str(body), board.seconds))
    return 0


def success(check: Check, endpoint: Endpoint, sample: Sample, body: str, seconds: float) -> str:
    """The last thing `up` says."""
    return (
        f"\n{picture(sample)}\n\n"
        f"The model sees a {check.seen}. "
        f"({endpoint.service}, through Istio's gateway; up in {duration(seconds)})\n"
        f"Ask it again:\n  {curl_line(endpoint.ingress, check.request, body)}"
    )
