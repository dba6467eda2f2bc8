"""Wrong requests to the real TorchServe: the protocol's error each time, and the pod lives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from command.digits import held_out_sample
from tests.build.torchserve.pod import Pod

pytestmark = pytest.mark.build

PREDICT, EXPLAIN, INFER = "/v1/models/mnist:predict", "/v1/models/mnist:explain", "/v2/models/mnist/infer"
TOO_LARGE = (
    "The request body is larger than 6553500 bytes, the most that this model server takes "
    "(max_request_size in config.properties)"
)
TENSOR = {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        (
            "POST", PREDICT, b"is this a two?", 400,
            "The request body is not valid JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            "POST", INFER, b'{"inputs": [', 400,
            "The request body is not valid JSON: Expecting value: line 1 column 13 (char 12)",
        ),
        ("POST", PREDICT, {"image": "..."}, 400, 'The request body has no "instances"'),
        ("POST", EXPLAIN, {"instances": {}}, 400, 'Expected "instances" to be a list that is not empty'),
        (
            "POST", PREDICT, {"instances": [{"data": [1, 2, 3]}]}, 400,
            "instance 0: the data has shape 3, not 28x28, nx28x28 or nx1x28x28",
        ),
        (
            "POST", EXPLAIN, {"instances": [{"data": [0] * 784, "target": 12}]}, 400,
            "instance 0: target 12 is not a digit",
        ),
        (
            "POST", PREDICT, {"instances": [{"data": [0] * 784}, {"data": "bm8="}]}, 400,
            "instance 1: the data is not an image that can be read (PNG or JPEG)",
        ),
        (
            "POST", INFER, {"inputs": [TENSOR]}, 400,
            "instance 0: the data has shape 3, not 28x28, nx28x28 or nx1x28x28",
        ),
        (
            "POST", INFER, {"inputs": [{**TENSOR, "shape": [2, 3]}]}, 400,
            "inputs[0].data has 3 elements, but shape [2, 3] needs 6",
        ),
        ("POST", "/v1/models/nope:predict", {"instances": [1]}, 404, "Model with name nope does not exist."),
        ("POST", "/v2/models/nope/infer", {"inputs": [TENSOR]}, 404, "Model with name nope does not exist."),
        ("GET", PREDICT, None, 405, f"{PREDICT} takes POST, not GET"),
        (
            "POST", PREDICT, b"1" * 20_000_000, 413,
            TOO_LARGE,
        ),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_wrong_request_is_refused_and_the_next_is_answered(
    pod: Pod, model: Path, method: str, path: str, body: Any, status: int, message: str
) -> None:
    refused = pod.ask(method, path, body)
    sample = held_out_sample(model)
    after = pod.ask("POST", PREDICT, sample.v1.encode())
    assert (refused.status, refused.body) == (status, {"error": message})
    assert (after.status, after.body) == (200, {"predictions": [sample.digit]})


def test_a_body_just_below_the_limit_is_answered(pod: Pod, model: Path) -> None:
    sample = held_out_sample(model)
    request = json.loads(sample.v1)
    padded = json.dumps({**request, "padding": "x" * 6_000_000})
    assert pod.ask("POST", PREDICT, padded.encode()).body == {"predictions": [sample.digit]}
