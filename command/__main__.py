"""The command line program: `python -m command --help`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from command.parser import build_parser
from components.errors import PlatformError

_MODULES = {"clean-cache": "clean", "env": "shell"}
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit status: 0, 1 for a failure, 2 for a mistake, 130 for Ctrl-C."""
    options = build_parser().parse_args(arguments)
    try:
        return subcommand(options.command)(options)
    except PlatformError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def subcommand(name: str) -> Callable[[argparse.Namespace], int]:
    """The function behind a subcommand. Only its own module is imported: a start costs what it needs."""
    module = importlib.import_module(f"command.{_MODULES.get(name, name)}")
    run: Callable[[argparse.Namespace], int] = module.main
    return run


if __name__ == "__main__":
    try:
        status = main()
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: the next run goes on from here.", file=sys.stderr)
        sys.stderr.flush()
        # Builders run in threads that a normal exit would wait for; their programs die with this process.
        os._exit(INTERRUPTED)
    sys.exit(status)
