"""KServe's v1 and v2 bodies: read, checked, and turned into each other where TorchServe speaks the other.

KServe tells TorchServe the form of its requests once, by the InferenceService's protocolVersion
(TS_SERVICE_ENVELOPE). The official image then answers that protocol and fails on the other; here both are
answered. Where the forms agree the body goes through as it came.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from servers.torchserve import tensors
from servers.torchserve.problems import RequestRefused
from servers.torchserve.tensors import Json

Protocol = Literal["v1", "v2"]
Verb = Literal["predict", "explain"]

ENVELOPES: dict[str, Protocol] = {"kserve": "v1", "kfserving": "v1", "kservev2": "v2"}
"""TorchServe's names for the forms; with any other its handlers take the body as it comes."""


@dataclass(frozen=True)
class Question:
    """A request that was checked.

    Attributes:
        protocol: What the client speaks, and is answered in.
        verb: What is asked of the model.
        body: The request; the tensors of v2 in the protocol's own form.
    """

    protocol: Protocol
    verb: Verb
    body: dict[str, Json]


def parse(raw: bytes) -> Json:
    """Read a body as JSON, whatever its Content-Type says: `curl -d` calls it a form.

    Raises:
        RequestRefused: 400: it is not JSON.
    """
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RequestRefused(400, f"The request body is not valid JSON: {error}") from None


def question(protocol: Protocol, verb: Verb, body: Json) -> Question:
    """Check a request.

    Raises:
        RequestRefused: 400: it is not one of the protocol; the message says where.
    """
    if not isinstance(body, dict):
        raise RequestRefused(400, "The request body must be a JSON object")
    rows = "instances" if protocol == "v1" else "inputs"
    if rows not in body:
        raise RequestRefused(400, f'The request body has no "{rows}"')
    if not isinstance(body[rows], list) or not body[rows]:
        raise RequestRefused(400, f'Expected "{rows}" to be a list that is not empty')
    if protocol == "v2":
        inputs = [tensors.checked(tensor, f"inputs[{i}]") for i, tensor in enumerate(body["inputs"])]
        body = {**body, "inputs": inputs}
    return Question(protocol, verb, body)


def to_backend(asked: Question, envelope: str) -> bytes:
    """The body that TorchServe's workers understand."""
    wanted = ENVELOPES.get(envelope, asked.protocol)
    body = asked.body
    if wanted != asked.protocol:
        body = _as_v1(body) if wanted == "v1" else _as_v2(body)
    return json.dumps(body).encode()


def from_backend(asked: Question, envelope: str, model: str, version: str, raw: bytes) -> bytes:
    """The answer that the client expects, as JSON on one line; TorchServe breaks a line for each number.

    Args:
        asked: What was asked.
        envelope: The form that TorchServe's workers answer in.
        model: The model's name.
        version: The model's version.
        raw: What TorchServe answered, with status 200.

    Raises:
        RequestRefused: 500: the answer is not of that form.
    """
    spoken = ENVELOPES.get(envelope, asked.protocol)
    try:
        answer = json.loads(raw)
        if spoken == "v2" and asked.protocol == "v1":
            answer = {_results(asked.verb): [_value(output) for output in answer["outputs"]]}
        elif spoken == "v1" and asked.protocol == "v2":
            identity = asked.body.get("id") or str(uuid.uuid4())
            outputs = _outputs(asked.body["inputs"], answer[_results(asked.verb)])
            answer = {"id": identity, "model_name": model, "model_version": version, "outputs": outputs}
    except (ValueError, KeyError, TypeError, IndexError):
        raise RequestRefused(500, "The model's answer does not hold one result for each instance") from None
    return json.dumps(answer).encode()


def _as_v1(body: dict[str, Json]) -> dict[str, Json]:
    target = _target(body)
    rows = [{"data": value, **target} for tensor in body["inputs"] for value in tensors.instances(tensor)]
    return {"instances": rows}


def _as_v2(body: dict[str, Json]) -> dict[str, Json]:
    return {"inputs": [_input(f"input-{i}", row) for i, row in enumerate(body["instances"])]}


def _outputs(inputs: list[dict[str, Json]], results: list[Json]) -> list[dict[str, Json]]:
    """One output tensor for each input, of its name, from the results of their instances in order."""
    sizes = [tensors.batch_size(tensor) for tensor in inputs]
    if sum(sizes) != len(results):
        raise ValueError
    ends = list(accumulate(sizes))
    return [
        tensors.output(tensor["name"], results[end - size : end])
        for tensor, size, end in zip(inputs, sizes, ends, strict=True)
    ]


def _results(verb: Verb) -> str:
    return "predictions" if verb == "predict" else "explanations"


def _target(body: dict[str, Json]) -> dict[str, Json]:
    """The class to explain: v1 has it in each instance, v2 knows only parameters of the request."""
    parameters = body.get("parameters")
    return {"target": parameters["target"]} if isinstance(parameters, dict) and "target" in parameters else {}


def _input(name: str, row: Json) -> dict[str, Json]:
    data = row.get("data") if isinstance(row, dict) else row
    made = tensors.output(name, [data])
    return made if made["datatype"] == "BYTES" else made | {"shape": made["shape"][1:] or [1]}


def _value(output: dict[str, Json]) -> Json:
    values = tensors.nest(tensors.flatten(output["data"]), output["shape"])
    return values[0] if isinstance(values, list) and len(values) == 1 else values
