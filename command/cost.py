"""`cost`: what a stack costs an hour and a month, from its settings; asks nobody and needs no account."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING

from command.engine.places import Places
from components.cost.budget import over_budget
from components.cost.estimate import BOUNDS, Bound, Estimate, Line, estimate
from components.errors import render_problems
from components.facts.prices import PriceTable, price_table
from components.settings.eks.cluster import EksSettings
from components.settings.load import load_stack_file
from components.settings.warnings import warnings
from machine.cache import Cache

if TYPE_CHECKING:
    from rich.table import Table

UNPRICED = "unpriced"
_WIDTH = 110


def main(options: argparse.Namespace) -> int:
    """Print the estimate; 1 if the stack may cost more than its budget, or nobody can tell."""
    places = Places(Cache.default(), options.stack)
    # What is not built yet has a price all the same, so that a stack is judged by it before it is.
    settings = load_stack_file(places.stack_file)
    if not isinstance(settings.cluster, EksSettings):
        print(f"The stack {places.stack} makes nothing in a cloud: there is nothing to price.")
        return 0
    prices, today = price_table(), datetime.now(UTC).date()
    found = estimate(settings.cluster, prices)
    print(render(places.stack, settings.cluster, found, prices))
    stale = prices.warning(today)
    for problem in (*([stale] if stale else []), *warnings(settings, today)):
        print(f"\n{problem}", file=sys.stderr)
    over = tuple(over_budget(settings.cluster, found))
    if over:
        print(f"\n{render_problems(over)}", file=sys.stderr)
    return 1 if over else 0


def render(stack: str, cluster: EksSettings, found: Estimate, prices: PriceTable) -> str:
    """The estimate as a table, with what it leaves out below it."""
    from rich.console import Console

    console = Console(file=StringIO(), width=_WIDTH, color_system=None)
    console.print(_table(found))
    lines = [f"{line.what}: {line.note}" for line in found.lines if line.note]
    unpriced = found.unpriced("ceiling")
    if unpriced:
        lines.append(f"no price is known of: {'; '.join(unpriced)}")
    lines += [
        "floor: every group at minSize; expected: as the groups say; ceiling: every group at maxSize",
        "not counted: data through gateways and load balancers, logs, S3",
        f"prices: {prices.source}, {cluster.region}, {prices.as_of}",
    ]
    title = f"Stack {stack}, US dollars an hour"
    shown = "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())  # type: ignore[attr-defined]
    return "\n".join([title, shown, *(f"  {line}" for line in lines)])


def _table(found: Estimate) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("WHAT")
    for bound in BOUNDS:
        table.add_column(bound.upper(), justify="right")
    for line in found.lines:
        table.add_row(line.what, *(_cell(line, bound) for bound in BOUNDS))
    table.add_section()
    table.add_row("an hour", *(_total(found, bound, found.hourly(bound)) for bound in BOUNDS))
    table.add_row("a month of 730 hours", *(_total(found, bound, found.monthly(bound)) for bound in BOUNDS))
    table.add_row("for GPUs", *(_share(found.gpu_share(bound)) for bound in BOUNDS))
    return table


def _cell(line: Line, bound: Bound) -> str:
    cost = line.cost(bound)
    return UNPRICED if cost is None else "-" if cost == 0 else f"{cost:.3f}"


def _total(found: Estimate, bound: Bound, total: Decimal) -> str:
    """A sum that leaves something out says so: it is a lower bound."""
    return f"{'> ' if found.unpriced(bound) else ''}{total:.2f}"


def _share(share: Decimal | None) -> str:
    return UNPRICED if share is None else f"{share * 100:.0f} %"
