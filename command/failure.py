"""What a person is told when the engine failed: the step, the cause, the log, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from command.display.words import shorten
from command.engine.progress import Failure
from command.engine.run import Outcome

_WIDTH = 400
_MOST_LINES = 25
# T2: the language host ends the program with this after a failure that was told already.
_ECHOES = ("KeyboardInterrupt", "update failed", "resource registration", "preview failed")

Diagnose = Callable[[Failure], str]


def is_echo(failure: Failure, others: Sequence[Failure]) -> bool:
    """Whether a failure without a resource only repeats that another one happened."""
    return not failure.resource and bool(others) and any(word in failure.text for word in _ECHOES)


def describe(
    outcome: Outcome, failures: Sequence[Failure], *, log: Path, again: str, diagnose: Diagnose
) -> str:
    """The whole message.

    Args:
        outcome: How the engine ended.
        failures: What it said went wrong, resources first.
        log: The transcript of the run.
        again: The command that goes on from here.
        diagnose: Looks at the cluster for a failed resource; returns nothing where there is nothing to see.
    """
    if outcome.interrupted:
        return f"Stopped as asked. What was done is kept; go on with: {again}"
    named = [one for one in failures if one.resource]
    told = [one for one in failures if not is_echo(one, named)]
    parts = [_one(failure, diagnose) for failure in told] or [outcome.errors or "The engine said nothing."]
    return "\n\n".join([*parts, f"Log: {log}\nThen:  {again}   (what is done is kept)"])


def _one(failure: Failure, diagnose: Diagnose) -> str:
    head = f"{failure.step}: {failure.resource} failed" if failure.resource else "The program failed"
    text = failure.text.splitlines()
    shown = [f"  {shorten(line, _WIDTH)}" for line in text[:_MOST_LINES] if line.strip()]
    if len(text) > _MOST_LINES:
        shown.append("  ...")
    found = diagnose(failure) if failure.resource else ""
    return "\n".join([head, *shown, *([found] if found else [])])
