"""Is an answer right, and if it is not: which hop on its way failed."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from command.inference.client import Answer

GATEWAY = "istio-envoy"
_BODY_SHOWN = 200
_ROWS = 2


@dataclass(frozen=True)
class Hop:
    """A place on the way of a request where it ended, and why.

    Attributes:
        name: `this machine`, `gateway`, `route`, `Knative`, `model server` or `model`.
        why: What was seen.
        fix: Where to look.
    """

    name: str
    why: str
    fix: str


def unreachable(error: OSError) -> Hop:
    """The hop of a request that got no answer at all."""
    if isinstance(error, TimeoutError):
        return Hop("Knative", "no answer in time", "A pod may still be starting: look at `make status`.")
    if isinstance(error, ConnectionRefusedError):
        return Hop("this machine", "nothing listens on the port", "Bring the stack up again: make up")
    return Hop("gateway", str(error) or type(error).__name__, "Look at `make status`, then make up.")


def bad_status(answer: Answer) -> Hop | None:
    """The hop that refused; None where the status is a success."""
    server = answer.headers.get("server", "")
    shown = f"{answer.status} from {server or 'an unknown server'}: {shorten(answer.body)}"
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    from_envoy_itself = "x-envoy-upstream-service-time" not in answer.headers
    if answer.status == HTTPStatus.NOT_FOUND and from_envoy_itself:
        return Hop("route", shown, "No route has this host: is the InferenceService Ready? make status")
    if answer.status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}:
        name = "gateway" if from_envoy_itself else "Knative"
        return Hop(name, shown, "Nothing behind it answers: make status")
    return Hop("model server", shown, "Read the log of the predictor's kserve-container.")


def wrong_server(answer: Answer) -> Hop | None:
    """Something that is not Istio's gateway answered on the port."""
    server = answer.headers.get("server", "")
    if server == GATEWAY:
        return None
    why = f"the answer comes from {server or 'an unnamed server'}, not from {GATEWAY}"
    return Hop("gateway", why, "Another program has the port, or the gateway was replaced.")


def predicted_class(answer: Answer) -> int | Hop:
    """The class in an answer of the v1 protocol: `{"predictions": [2]}`; text is taken as well."""
    predictions = _member(answer, "predictions")
    if isinstance(predictions, Hop):
        return predictions
    try:
        return int(predictions[0])
    except (TypeError, ValueError, LookupError):
        return _unlike(answer, 'a list with one class under "predictions"')


def attributions(answer: Answer) -> list[list[float]] | Hop:
    """Rows of an explanation of one channel: `{"explanations": [[[...28 rows of 28...]]]}`."""
    found = _member(answer, "explanations")
    if isinstance(found, Hop):
        return found
    # Batch and channel are lists of one; rows are the first lists that hold no lists.
    while _depth(found) > _ROWS and len(found) == 1:
        found = found[0]
    rows = found if isinstance(found, list) else []
    numbers = [[float(one) for one in row] for row in rows if isinstance(row, list)]
    if not numbers or len({len(row) for row in numbers}) != 1:
        return _unlike(answer, 'rows of numbers under "explanations"')
    return numbers


def inferred_class(answer: Answer) -> int | Hop:
    """The class in an answer of the v2 protocol: `{"outputs": [{"data": [2]}]}`."""
    outputs = _member(answer, "outputs")
    if isinstance(outputs, Hop):
        return outputs
    try:
        return int(outputs[0]["data"][0])
    except (TypeError, ValueError, LookupError):
        return _unlike(answer, 'a tensor with one class under "outputs"')


def _depth(value: Any) -> int:
    return 1 + _depth(value[0]) if isinstance(value, list) and value else 0


def shorten(body: str) -> str:
    """A body as one short line."""
    line = " ".join(body.split())
    return line if len(line) <= _BODY_SHOWN else f"{line[:_BODY_SHOWN]}…"


def _member(answer: Answer, name: str) -> Any:
    try:
        return answer.json()[name]
    except (ValueError, LookupError, TypeError):
        return _unlike(answer, f'an object with "{name}"')


def _unlike(answer: Answer, wanted: str) -> Hop:
    return Hop("model", f"the answer is not {wanted}: {shorten(answer.body)}", "Read the model server's log.")
