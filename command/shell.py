"""`env`: the variables for a shell in which a person types `pulumi preview`, `kubectl get` or `docker ps`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, Protocol

import yaml

from command.display.make import make_board
from command.engine.environment import engine_variables, shell_exports
from command.engine.places import Places
from command.engine.pulumi import Engine
from command.engine.shim import write_shim
from command.engine.store import prepare_store, read_checkpoint
from command.stack import open_stack
from machine.cache import write_atomically

_OUTPUT = "kubeconfig"


class Machine(Protocol):
    """What `env` needs of the machine."""

    def engine(self) -> Engine: ...
    def program(self, name: str) -> Any: ...
    def docker_variables(self) -> Mapping[str, str]: ...


def main(options: argparse.Namespace) -> int:
    """Print them; tools are provided first, so that the shell finds them."""
    from command.local_machine import LocalMachine

    places, settings = open_stack(options.stack)
    with make_board(places.cache, places.log("env")) as board:
        machine = LocalMachine(places, settings, board)
        text = exports(places, machine, context=getattr(settings.cluster, "context", None))
    print(text)
    return 0


def exports(places: Places, machine: Machine, *, context: str | None = None) -> str:
    """Lines for `eval`.

    Args:
        places: The stack's files.
        machine: Gives the tools.
        context: Context of the kubeconfig that the stack uses; None for its current one.
    """
    engine = machine.engine()
    prepare_store(places, engine.variables())
    variables = {
        **engine_variables(places, offline=not engine.plugin.official),
        **(engine.pack.variables if engine.pack else {}),
        **engine.extra,
        **machine.docker_variables(),
        **_kubeconfig(places, engine, context),
    }
    shim = write_shim(places, machine.program("pulumi"))
    programs = (str(engine.pack.programs),) if engine.pack else ()
    return shell_exports(variables, (str(shim), *engine.folders, *programs))


def in_context(kubeconfig: str, context: str) -> str:
    """A kubeconfig whose current context is another one: `kubectl` as typed asks the stack's cluster."""
    return yaml.safe_dump({**yaml.safe_load(kubeconfig), "current-context": context}, sort_keys=False)


def _kubeconfig(places: Places, engine: Engine, context: str | None) -> dict[str, str]:
    """KUBECONFIG, once the state knows a cluster.

    It is written anew every time: a cluster made again has another certificate.
    """
    resources = read_checkpoint(places.checkpoint).get("resources") or []
    if not any(_OUTPUT in (one.get("outputs") or {}) for one in resources if _is_stack(one)):
        places.kubeconfig.unlink(missing_ok=True)
        return {}
    text = engine.call("stack", "output", _OUTPUT, "--show-secrets", "--stack", places.stack)
    write_atomically(places.kubeconfig, in_context(text, context) if context else text, mode=0o600)
    return {"KUBECONFIG": str(places.kubeconfig)}


def _is_stack(resource: Mapping[str, Any]) -> bool:
    return resource.get("type") == "pulumi:pulumi:Stack"
