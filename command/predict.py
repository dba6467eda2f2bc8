"""`predict`: the picture of a digit as a request, and what the model sees in it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from command.endpoints import Endpoint, endpoints
from command.inference.client import Answer, Request, ask
from command.inference.judge import Hop, attributions, bad_status, predicted_class, unreachable
from command.prove import Ask, explain_request, failure_text, predict_request
from command.stack import open_stack
from command.verify import require_up
from components.errors import PlatformError

if TYPE_CHECKING:
    from command.digits import Pixels, Question

FAILED = 1
_INK = 255


def main(options: argparse.Namespace) -> int:
    """Ask about one picture."""
    from command.digits import question

    places, settings = open_stack(options.stack)
    outputs = require_up(places)
    endpoint = next((one for one in endpoints(settings, outputs) if one.example), None)
    if endpoint is None:
        raise PlatformError.single(
            "The stack serves no model of digits", fix="Add `example: mnist` to a service of its stack file."
        )
    return predict(endpoint, question(Path(options.picture)), explain=options.explain)


def predict(endpoint: Endpoint, asked: Question, *, explain: bool, send: Ask = ask) -> int:
    """Show the picture as the model gets it, and its answer.

    Args:
        endpoint: The service.
        asked: The picture and its requests.
        explain: Also ask which pixels mattered.
        send: Sends a request.

    Returns:
        Exit status.
    """
    show(asked.pixels)
    request = predict_request(endpoint, asked.v1)
    answer = _send(endpoint, request, send)
    seen = answer if isinstance(answer, Hop) else predicted_class(answer)
    if isinstance(seen, Hop):
        print(failure_text(request, seen, endpoint), file=sys.stderr)
        return FAILED
    print(f"\nThe model sees a {seen}.")
    return _explain(endpoint, asked, send) if explain else 0


def _explain(endpoint: Endpoint, asked: Question, send: Ask) -> int:
    request = explain_request(endpoint, asked.v1)
    answer = _send(endpoint, request, send)
    rows = answer if isinstance(answer, Hop) else attributions(answer)
    if isinstance(rows, Hop):
        print(failure_text(request, rows, endpoint), file=sys.stderr)
        return FAILED
    print("\nWhat mattered, brighter is more:")
    show(as_picture(rows))
    return 0


def as_picture(rows: list[list[float]]) -> Pixels:
    """Attributions as shades: their size counts, not their sign."""
    strongest = max((abs(value) for row in rows for value in row), default=0.0) or 1.0
    return [[round(_INK * abs(value) / strongest) for value in row] for row in rows]


def show(pixels: Pixels) -> None:
    """Draw a picture on standard output, as well as that can."""
    from command.digits import draw, style_of

    style = style_of(os.environ, terminal=sys.stdout.isatty(), encoding=sys.stdout.encoding)
    print("\n".join(f"    {line}" for line in draw(pixels, style)))


def _send(endpoint: Endpoint, request: Request, send: Ask) -> Answer | Hop:
    try:
        answer = send(endpoint.ingress, request)
    except OSError as error:
        return unreachable(error)
    return bad_status(answer) or answer
