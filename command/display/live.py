"""Steps in a terminal: what is done scrolls up, what runs is redrawn below it with its time."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from command.display.board import Step
from command.display.words import duration, elapsed, shorten

_NAME_WIDTH = 36
_TIME_WIDTH = 24
_FRAMES_A_SECOND = 8
_SLOW_SECONDS = 0.3


class LiveView:
    """Draws the steps of a board on a terminal."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the terminal.

        Args:
            console: Where to draw.
            clock: The board's own clock.
        """
        self._console = console
        self._clock = clock
        self._began = clock()
        self._running: dict[int, Step] = {}
        self._spinners: dict[int, Spinner] = {}
        self._live = Live(
            console=console,
            get_renderable=self._draw,
            refresh_per_second=_FRAMES_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def opened(self, step: Step, now: float) -> None:
        """Draw one more running step."""
        # Drawing happens in a thread of its own and without the board's lock: the spinner goes in first.
        self._spinners[id(step)] = Spinner("dots", style="cyan")
        self._running[id(step)] = step

    def noted(self, step: Step, now: float) -> None:
        """Nothing to do: the next frame shows it."""

    def closed(self, step: Step, now: float) -> None:
        """Let a step scroll up as a line of its own."""
        self._running.pop(id(step), None)
        self._spinners.pop(id(step), None)
        took = step.seconds or 0.0
        if step.failed:
            mark, style = "✗", "bold red"
        else:
            mark, style = "✓", "green"
        time_style = "dim" if took < _SLOW_SECONDS else ""
        self._console.print(self._row(Text(mark, style), step, Text(duration(took), time_style)))

    def said(self, text: str, now: float) -> None:
        """Print a text above what runs."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def finish(self) -> None:
        """Take the running part away and give the cursor back."""
        self._live.stop()

    def _draw(self) -> RenderableType:
        now = self._clock() - self._began
        table = self._grid()
        for key, step in list(self._running.items()):
            if step.rested is not None:
                continue
            spent = Text(elapsed(now - step.started, step.expected), "cyan")
            self._add(table, self._spinners.get(key, ""), step, spent)
        if self._running:
            table.add_row("", Text(f"{duration(now)} since the start", "dim"), "", "")
        return table

    def _row(self, mark: RenderableType, step: Step, spent: Text) -> Table:
        table = self._grid()
        self._add(table, mark, step, spent)
        return table

    def _grid(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(width=_NAME_WIDTH, no_wrap=True)
        table.add_column(ratio=1, no_wrap=True)
        table.add_column(width=_TIME_WIDTH, justify="right", no_wrap=True)
        return table

    def _add(self, table: Table, mark: RenderableType, step: Step, spent: Text) -> None:
        room = max(self._console.width - _NAME_WIDTH - _TIME_WIDTH - 6, 0)
        table.add_row(mark, shorten(step.name, _NAME_WIDTH), Text(shorten(step.note, room), "dim"), spent)
