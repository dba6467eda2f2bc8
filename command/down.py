"""`down`: take a stack away so that nothing of it is left outside the cache.

Deleting the cluster deletes what is on it, so the program tells the engine to skip the objects
(`deletedWith`) and a cluster goes in one step. A cluster that a killed `up` had begun is in no state: it is
looked for by its name afterwards.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from command.display.board import Board
from command.display.make import make_board
from command.display.words import duration
from command.engine.places import Places
from command.engine.progress import changes_in_words
from command.engine.protected import refuse_protected
from command.engine.session import end_orphans
from command.engine.store import copy_settings, read_checkpoint, remove_stack
from command.recover import recover
from command.stack import open_stack
from command.up import FAILED, INTERRUPTED, tell_failure

if TYPE_CHECKING:
    from command.local_machine import LocalMachine

_REMOVE_STEP = "forget the stack's state"


def main(options: argparse.Namespace) -> int:
    """Take the stack down."""
    from command.local_machine import LocalMachine

    places, settings = open_stack(options.stack)
    with make_board(places.cache, places.log("down"), plain=options.plain) as board:
        return take_down(places, board, LocalMachine(places, settings, board))


def take_down(places: Places, board: Board, machine: LocalMachine) -> int:
    """Destroy what the state knows, then what it does not, then the state.

    Returns:
        Exit status.

    Raises:
        PlatformError: Something could not be removed, with what to do.
    """
    if not places.passphrase.exists():
        board.say(f"The stack {places.stack} was never up: nothing to do.")
        return 0
    if places.checkpoint.exists():
        status = _destroy(places, board, machine)
        if status:
            return status
    machine.remove_cluster()
    with board.step(_REMOVE_STEP, expected=0.1):
        end_orphans(places.session)
        remove_stack(places)
    board.say(f"\nThe stack {places.stack} is down ({duration(board.seconds)}). The cache stays.")
    return 0


def _destroy(places: Places, board: Board, machine: LocalMachine) -> int:
    machine.sign_in()
    engine = machine.engine()
    copy_settings(places)
    board.redact.learn(places.passphrase.read_text(encoding="utf-8"))
    recover(engine, board, cluster_is_ours=machine.makes_cluster)
    snapshot = read_checkpoint(places.checkpoint)
    if not snapshot.get("resources"):
        return 0
    refuse_protected(snapshot)
    with board.step("destroy the stack") as note:
        outcome, progress = engine.operate(board, "destroy")
        note(changes_in_words(progress.changes))
    if not outcome.status:
        return 0
    board.say(f"\n{tell_failure(places, board, machine, outcome, progress, 'down')}")
    return INTERRUPTED if outcome.interrupted else FAILED
