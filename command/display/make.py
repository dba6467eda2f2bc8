"""Choose the views of a command: live in a terminal, lines elsewhere, and always a transcript."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from command.display.board import Board, View
from command.display.plain import PlainView
from machine.cache import Cache
from machine.history import History


def wants_live(stream: TextIO, environment: Mapping[str, str], *, plain: bool) -> bool:
    """Whether to redraw: only on a terminal that can, and never in continuous integration."""
    return (
        not plain
        and stream.isatty()
        and environment.get("TERM", "dumb") != "dumb"
        and not environment.get("CI")
    )


@contextmanager
def make_board(cache: Cache, transcript: Path, *, plain: bool = False) -> Iterator[Board]:
    """Open a board on standard error and in a transcript.

    Args:
        cache: Remembers what steps took.
        transcript: File of the whole run, made anew; the one before it is kept as `<name>.before`.
        plain: Lines also in a terminal.
    """
    transcript.parent.mkdir(parents=True, exist_ok=True)
    if transcript.exists():
        os.replace(transcript, transcript.with_name(f"{transcript.name}.before"))
    history = History(cache)
    with open(transcript, "w", encoding="utf-8") as log:
        os.chmod(transcript, 0o600)
        views: list[View] = [PlainView(log, note_every=5.0), _main_view(plain=plain)]
        board = Board(views, expected=history.expected, record=history.record)
        try:
            yield board
        finally:
            board.finish()


def _main_view(*, plain: bool) -> View:
    if not wants_live(sys.stderr, os.environ, plain=plain):
        return PlainView(sys.stderr)
    from rich.console import Console

    from command.display.live import LiveView

    return LiveView(Console(stderr=True))
