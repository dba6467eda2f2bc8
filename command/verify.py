"""`verify`: ask a running stack everything that it has to answer, and name the hop that fails."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from command.display.board import Board
from command.display.make import make_board
from command.endpoints import Endpoint, endpoints
from command.engine.places import Places
from command.engine.store import read_checkpoint
from command.inference.client import ask
from command.local_machine import LocalMachine
from command.prove import Ask, Check, Sample, check_all, failed_check
from command.samples import choose_sample
from command.stack import open_stack
from components.errors import PlatformError

if TYPE_CHECKING:
    from command.diagnosis.reader import Reader

FAILED = 1


def main(options: argparse.Namespace) -> int:
    """Verify the stack's examples."""
    places, settings = open_stack(options.stack)
    outputs = require_up(places)
    asked = [one for one in endpoints(settings, outputs) if one.example]
    with make_board(places.cache, places.log("verify"), plain=options.plain) as board:
        if not asked:
            board.say("The stack has no built-in example to ask: add `example: mnist` to its services.")
            return FAILED
        machine, sample = LocalMachine(places, settings, board), choose_sample(places.cache)
        return max(verify(board, one, sample, machine) for one in asked)


def verify(board: Board, endpoint: Endpoint, sample: Sample, machine: LocalMachine, send: Ask = ask) -> int:
    """Ask one service and say what came back.

    Args:
        board: Shows the answers.
        endpoint: The service.
        sample: What to ask it.
        machine: Opens the cluster for a diagnosis, if a request fails.
        send: Sends a request.

    Returns:
        Exit status: 0 if every answer is right.
    """
    checks = check_all(endpoint, sample, send)
    board.say(table(endpoint, checks))
    wrong = [one for one in checks if not one.right]
    for check in wrong:
        board.say(f"\n{failed_check(check, endpoint)}")
    if wrong:
        board.say(f"\n{diagnose_endpoint(machine.reader, endpoint)}")
    return FAILED if wrong else 0


def table(endpoint: Endpoint, checks: list[Check]) -> str:
    """One line for each request."""
    rows = [f"{endpoint.service} at http://{endpoint.ingress.host}:{endpoint.ingress.port}, {endpoint.host}"]
    for check in checks:
        mark, seen = ("✓", check.seen) if check.right else ("✗", f"failed, status {check.status or 'none'}")
        rows.append(f"  {mark} {check.request.name:<13} POST {check.request.path:<28} {seen}")
    return "\n".join(rows)


def require_up(places: Places) -> Mapping[str, Any]:
    """The stack's visible outputs.

    Raises:
        PlatformError: The stack is not up.
    """
    from command.engine.events import visible_outputs

    resources = read_checkpoint(places.checkpoint).get("resources") or []
    stack = next((one for one in resources if one.get("type") == "pulumi:pulumi:Stack"), None)
    if stack is None:
        raise PlatformError.single(
            f"The stack {places.stack} is not up", fix=f"Bring it up: make up STACK={places.stack}"
        )
    return visible_outputs(stack.get("outputs") or {})


def diagnose_endpoint(open_reader: Callable[[], AbstractContextManager[Reader]], endpoint: Endpoint) -> str:
    """The chain behind a service, as text; what keeps from looking at it, where something does."""
    from command.diagnosis.report import diagnose_service

    try:
        with open_reader() as reader:
            return str(diagnose_service(reader, endpoint.namespace, endpoint.service))
    except (PlatformError, OSError) as error:
        return f"The cluster cannot be asked: {error}"
