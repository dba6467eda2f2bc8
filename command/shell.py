"""`env`: the variables for a shell in which a person types `pulumi preview` and its friends."""

from __future__ import annotations

import argparse

from command.display.make import make_board
from command.engine.environment import engine_variables, shell_exports
from command.engine.places import Places
from command.engine.shim import write_shim
from command.engine.store import prepare_store
from command.local_machine import LocalMachine
from command.stack import open_stack


def main(options: argparse.Namespace) -> int:
    """Print them; tools are provided first, so that the shell finds them."""
    places, settings = open_stack(options.stack)
    with make_board(places.cache, places.log("env")) as board:
        text = exports(places, LocalMachine(places, settings, board))
    print(text)
    return 0


def exports(places: Places, machine: LocalMachine) -> str:
    """Lines for `eval`."""
    engine = machine.engine()
    prepare_store(places, engine.variables())
    variables = {**engine_variables(places, offline=not engine.plugin.official), **engine.extra}
    shim = write_shim(places, machine.program("pulumi"))
    return shell_exports(variables, (str(shim), *engine.folders))
