"""Asking a running stack: which requests, what counts as right, and how it is shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from command.endpoints import Endpoint
from command.inference.client import Answer, Ingress, Request, ask
from command.inference.judge import (
    Hop,
    attributions,
    bad_status,
    inferred_class,
    predicted_class,
    unreachable,
    wrong_server,
)

Ask = Callable[[Ingress, Request], Answer]
BACK_SECONDS = 90.0
_PAUSE_SECONDS = 0.5
_ON_THE_WAY = frozenset({"this machine", "gateway", "route", "Knative"})


@dataclass(frozen=True)
class Sample:
    """A picture whose class is known.

    Attributes:
        digit: What it shows.
        pixels: 28 rows of 28 values, 0 (paper) to 255 (ink).
        v1: Body of a v1 request.
        v2: Body of a v2 request.
    """

    digit: int
    pixels: Sequence[Sequence[int]]
    v1: str
    v2: str


@dataclass(frozen=True)
class Check:
    """One thing that was asked, and what came of it.

    Attributes:
        request: What was asked.
        seen: What the answer says, for people.
        hop: Where it failed; None where all is right.
        status: HTTP status; None without an answer.
    """

    request: Request
    seen: str
    hop: Hop | None
    status: int | None

    @property
    def right(self) -> bool:
        """Whether the answer is what it has to be."""
        return self.hop is None


def predict_request(endpoint: Endpoint, body: str) -> Request:
    """A v1 prediction."""
    return Request("prediction", f"/v1/models/{endpoint.model}:predict", endpoint.host, body)


def explain_request(endpoint: Endpoint, body: str) -> Request:
    """A v1 explanation."""
    return Request("explanation", f"/v1/models/{endpoint.model}:explain", endpoint.host, body)


def infer_request(endpoint: Endpoint, body: str) -> Request:
    """A v2 inference."""
    return Request("v2 inference", f"/v2/models/{endpoint.model}/infer", endpoint.host, body)


def check_prediction(endpoint: Endpoint, sample: Sample, send: Ask = ask) -> Check:
    """Ask for a prediction; right is the sample's own class, from Istio's gateway."""
    request = predict_request(endpoint, sample.v1)
    return _check(endpoint, request, lambda answer: _class(predicted_class(answer), sample), send)


def await_prediction(
    endpoint: Endpoint,
    sample: Sample,
    note: Callable[[str], None],
    send: Ask = ask,
    *,
    seconds: float = BACK_SECONDS,
) -> Check:
    """Ask until the way to the model is open: after a restart pods come back one by one.

    A wrong answer of the model itself is final, whoever waits.

    Args:
        endpoint: The service.
        sample: What to ask.
        note: Told what is waited for.
        send: Sends a request.
        seconds: How long the way may take to open.
    """
    deadline = time.monotonic() + seconds
    while True:
        check = check_prediction(endpoint, sample, send)
        if check.hop is None or check.hop.name not in _ON_THE_WAY or time.monotonic() > deadline:
            return check
        note(f"waiting at the hop {check.hop.name}: {check.hop.why}")
        time.sleep(_PAUSE_SECONDS)


def check_all(endpoint: Endpoint, sample: Sample, send: Ask = ask) -> list[Check]:
    """Ask for a prediction, an explanation and a v2 inference."""
    return [
        check_prediction(endpoint, sample, send),
        _check(endpoint, explain_request(endpoint, sample.v1), lambda answer: _shape(answer, sample), send),
        _check(
            endpoint,
            infer_request(endpoint, sample.v2),
            lambda answer: _class(inferred_class(answer), sample),
            send,
        ),
    ]


def _check(endpoint: Endpoint, request: Request, judge: Callable[[Answer], str | Hop], send: Ask) -> Check:
    try:
        answer = send(endpoint.ingress, request)
    except OSError as error:
        return Check(request, "", unreachable(error), None)
    if hop := bad_status(answer) or wrong_server(answer):
        return Check(request, "", hop, answer.status)
    verdict = judge(answer)
    if isinstance(verdict, Hop):
        return Check(request, "", verdict, answer.status)
    return Check(request, verdict, None, answer.status)


def _class(found: int | Hop, sample: Sample) -> str | Hop:
    if isinstance(found, Hop):
        return found
    if found != sample.digit:
        return Hop("model", f"it sees a {found} in a picture of a {sample.digit}", "Train it anew: make up.")
    return json.dumps(found)


def _shape(answer: Answer, sample: Sample) -> str | Hop:
    rows = attributions(answer)
    if isinstance(rows, Hop):
        return rows
    seen, wanted = (len(rows), len(rows[0])), (len(sample.pixels), len(sample.pixels[0]))
    if seen != wanted:
        why = f"it explains {seen[0]}x{seen[1]} pixels of {wanted[0]}x{wanted[1]}"
        return Hop("model", why, "Read the log of its explainer.")
    strongest = max((abs(value), y, x) for y, row in enumerate(rows) for x, value in enumerate(row))
    return f"{seen[0]}x{seen[1]} attributions, strongest at row {strongest[1]}, column {strongest[2]}"


def failed_check(check: Check, endpoint: Endpoint) -> str:
    """A failed check in words."""
    assert check.hop is not None
    return failure_text(check.request, check.hop, endpoint)


def failure_text(request: Request, hop: Hop, endpoint: Endpoint) -> str:
    """Where a request ended, and what to do."""
    where = f"{endpoint.ingress.host}:{endpoint.ingress.port}"
    return (
        f"The {request.name} failed at the hop: {hop.name}\n"
        f"  asked: POST {request.path} at {where}, Host {request.host}\n"
        f"  why:   {hop.why}\n"
        f"  do:    {hop.fix}"
    )
