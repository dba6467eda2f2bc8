"""`up`: from a stack file to a prediction.

The stack file is judged before anything else, and nothing is created when it is wrong. Everything after can
be killed at any moment and run again.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from command.display.board import Board
from command.display.make import make_board
from command.display.words import duration
from command.endpoints import Endpoint, endpoints
from command.engine.events import Violation
from command.engine.places import Places
from command.engine.progress import EngineProgress, changes_in_words
from command.engine.pulumi import Engine
from command.engine.run import Outcome
from command.engine.store import prepare_store, read_checkpoint
from command.failure import describe
from command.inference.client import ask, curl_line
from command.judgement import judge, new_advice, note_judged, plan_of, refuse, was_judged
from command.predict import show
from command.prove import Check, Sample, await_prediction, failed_check
from command.recover import recover
from command.stack import open_stack
from command.verify import diagnose_endpoint
from components.facts.environments import VARIABLE, environment_of
from machine.cache import write_atomically

if TYPE_CHECKING:
    from command.diagnosis.reader import Reader
    from components.settings.model import Settings

FAILED = 1
INTERRUPTED = 130
_FIRST, _AGAIN = "run the program", "compare the program with what is there"


class Machine(Protocol):
    """What `up` needs of the machine."""

    @property
    def makes_cluster(self) -> bool: ...
    @property
    def is_here(self) -> bool: ...
    def prepare(self) -> None: ...
    def engine(self) -> Engine: ...
    def reader(self) -> AbstractContextManager[Reader]: ...


def main(options: argparse.Namespace) -> int:
    """Bring the stack up."""
    from command.local_machine import LocalMachine

    places, settings = open_stack(options.stack)
    with make_board(places.cache, places.log("up"), plain=options.plain) as board:
        proof = bring_up(places, settings, board, LocalMachine(places, settings, board))
    if proof.sample is not None:
        show(proof.sample.pixels)
    if proof.text:
        print(proof.text)
    return proof.status


@dataclass(frozen=True)
class Proof:
    """How `up` ended.

    Attributes:
        status: Exit status.
        text: What a person is told at the end, on standard output.
        sample: The digit that was asked about; None where none was.
    """

    status: int
    text: str = ""
    sample: Sample | None = None


def bring_up(places: Places, settings: Settings, board: Board, machine: Machine) -> Proof:
    """Do it, step after step.

    Args:
        places: The stack's files.
        settings: Its settings, judged.
        board: Shows the steps.
        machine: Tools, images and Docker.

    Raises:
        PlatformError: Something is missing, with what to do.
    """
    environment_of(places.stack, said=os.environ.get(VARIABLE, ""))  # a wrong word is told first of all
    machine.prepare()
    engine = machine.engine()
    board.say(f"Kubernetes plugin: {engine.plugin.words}")
    prepare_store(places, engine.variables())
    board.redact.learn(places.passphrase.read_text(encoding="utf-8"))
    recover(engine, board, cluster_is_ours=machine.makes_cluster)
    known = read_checkpoint(places.checkpoint).get("resources")
    plan = plan_of(places, os.environ)
    judged: list[Violation] = []
    if engine.pack and not (known and was_judged(places, plan)):
        outcome, progress = judge(engine, board)
        judged = progress.violations
        # A kind cluster that stands still fails its preview, and `up` starts it. Elsewhere machines would be
        # made before the rules over the whole stack were asked.
        if outcome.interrupted or (outcome.status and not machine.is_here):
            return failed(places, board, machine, outcome, progress)
    with board.step(_AGAIN if known else _FIRST) as note:
        outcome, progress = engine.operate(board, "up")
        note(changes_in_words(progress.changes))
    for line in new_advice(judged, progress.violations):
        board.say(line)
    refused = any(one.refused for one in progress.violations)
    broken = any(one.urn for one in progress.failures())
    if outcome.status and (outcome.interrupted or broken or not refused):
        proof = failed(places, board, machine, outcome, progress)
        if outcome.interrupted or not refused:
            return proof
    refuse(progress.violations)
    note_judged(places, plan)
    return prove(places, settings, board, machine, progress.outputs)


def failed(
    places: Places, board: Board, machine: Machine, outcome: Outcome, progress: EngineProgress
) -> Proof:
    """Say why a run of the engine failed, or that it was stopped."""
    board.say(f"\n{tell_failure(places, board, machine, outcome, progress, 'up')}")
    return Proof(INTERRUPTED if outcome.interrupted else FAILED)


def tell_failure(
    places: Places, board: Board, machine: Machine, outcome: Outcome, progress: EngineProgress, verb: str
) -> str:
    """The failure with its cause, as far as it can be seen from here."""
    from command.diagnosis.resource import Diagnostician

    diagnose = Diagnostician(machine.reader)
    again = f"make {verb}" if places.stack == "local" else f"make {verb} STACK={places.stack}"
    log = places.log(verb)
    return board.redact(describe(outcome, progress.failures(), log=log, again=again, diagnose=diagnose))


def prove(
    places: Places, settings: Settings, board: Board, machine: Machine, outputs: Mapping[str, Any]
) -> Proof:
    """Ask the first example for a digit and show everything that a person wants to see at the end."""
    asked = next((one for one in endpoints(settings, outputs) if one.example), None)
    if asked is None:
        return Proof(0, f"\nThe stack {places.stack} is up ({duration(board.seconds)}).")
    from command.samples import choose_sample

    sample = choose_sample(places.cache)
    with board.step("ask for a prediction", expected=1) as note:
        check = await_prediction(asked, sample, note, ask)
        note(f"a {check.seen}" if check.right else "")
    if not check.right:
        board.say(f"\n{failed_check(check, asked)}\n\n{diagnose_endpoint(machine.reader, asked)}")
        return Proof(FAILED)
    body = places.cache.path("state", "requests", "mnist.json")
    write_atomically(body, sample.v1)
    return Proof(0, success(check, asked, str(body), board.seconds), sample)


def success(check: Check, endpoint: Endpoint, body: str, seconds: float) -> str:
    """The last thing `up` says, below the digit."""
    return (
        f"\nThe model sees a {check.seen}. "
        f"({endpoint.service}, through Istio's gateway; up in {duration(seconds)})\n"
        f"Ask it again:\n  {curl_line(endpoint.ingress, check.request, body)}"
    )
