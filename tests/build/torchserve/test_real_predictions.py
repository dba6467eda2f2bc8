"""The real TorchServe with the trained model, asked in every protocol."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from command.digits import held_out_sample
from command.samples import drawn_sample
from models.mnist import convert
from tests.build.torchserve.pod import Pod, running
from tests.unit.mnist.pen import STYLES, picture

pytestmark = pytest.mark.build

GRPC_CLIENT = Path(__file__).with_name("grpc_client.py")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}  # what `curl -d` says of everything


def requests(model: Path) -> tuple[dict[str, Any], dict[str, Any], int]:
    sample = held_out_sample(model)
    return json.loads(sample.v1), json.loads(sample.v2), sample.digit


def test_a_held_out_digit_is_predicted_by_plain_curl(pod: Pod, model: Path) -> None:
    v1, _, digit = requests(model)
    answer = pod.ask("POST", "/v1/models/mnist:predict", v1, FORM)
    assert (answer.status, answer.body) == (200, {"predictions": [digit]})


def test_an_explanation_says_which_pixels_spoke_for_the_digit(pod: Pod, model: Path) -> None:
    v1, _, digit = requests(model)
    answer = pod.ask("POST", "/v1/models/mnist:explain", v1, FORM)
    (((rows,),),) = (answer.body["explanations"],)
    assert answer.status == 200
    assert (len(rows), {len(row) for row in rows}) == (28, {28})
    other = {"instances": [{**v1["instances"][0], "target": (digit + 5) % 10}]}
    (((against,),),) = (pod.ask("POST", "/v1/models/mnist:explain", other).body["explanations"],)
    # Integrated gradients add up to what the picture does to a digit's score.
    assert sum(map(sum, rows)) > sum(map(sum, against)) + 1


def test_v2_infers_from_pixels_and_from_an_image(pod: Pod, model: Path) -> None:
    v1, v2, digit = requests(model)
    picture_tensor = {"name": "p", "datatype": "BYTES", "shape": [1], "data": [v1["instances"][0]["data"]]}
    answer = pod.ask("POST", "/v2/models/mnist/infer", {"id": "7", "inputs": [*v2["inputs"], picture_tensor]})
    assert answer.status == 200
    assert answer.body == {
        "id": "7",
        "model_name": "mnist",
        "model_version": "1.0",
        "outputs": [
            {"name": name, "shape": [1], "datatype": "INT64", "data": [digit]} for name in ("input-0", "p")
        ],
    }


def test_v2_explains_a_prediction(pod: Pod, model: Path) -> None:
    _, v2, _ = requests(model)
    (output,) = pod.ask("POST", "/v2/models/mnist/explain", v2).body["outputs"]
    assert (output["shape"], output["datatype"], len(output["data"])) == ([1, 1, 28, 28], "FP64", 784)


def test_a_batch_is_answered_in_its_order(pod: Pod) -> None:
    images = [convert.convert(picture(digit, STYLES["black on white"])) for digit in range(10)]
    v1 = pod.ask("POST", "/v1/models/mnist:predict", convert.v1_request(images))
    v2 = pod.ask("POST", "/v2/models/mnist/infer", convert.v2_request(images))
    assert v1.body == {"predictions": list(range(10))}
    assert v2.body["outputs"][0]["data"] == list(range(10))


@pytest.mark.parametrize("style", STYLES)
def test_the_converter_makes_a_picture_of_any_style_readable(pod: Pod, style: str) -> None:
    images = [convert.convert(picture(digit, STYLES[style])) for digit in range(10)]
    answer = pod.ask("POST", "/v1/models/mnist:predict", convert.v1_request(images))
    assert answer.body == {"predictions": list(range(10))}


def test_the_digit_that_the_command_draws_is_read(pod: Pod) -> None:
    sample = drawn_sample()
    v1 = pod.ask("POST", "/v1/models/mnist:predict", sample.v1.encode())
    v2 = pod.ask("POST", "/v2/models/mnist/infer", sample.v2.encode())
    assert v1.body == {"predictions": [sample.digit]}
    assert v2.body["outputs"][0]["data"] == [sample.digit]


def test_grpc_infers_from_the_images_own_bytes_and_tells_its_state(pod: Pod, model: Path) -> None:
    digit = held_out_sample(model).digit
    told = json.loads(pod.command([sys.executable, str(GRPC_CLIENT), str(model / "sample.png")]))
    assert told == {
        "live": True,
        "ready": True,
        "model_ready": True,
        "outputs": [{"name": "input-0", "datatype": "INT64", "shape": [1], "data": [digit]}],
        "unknown": ["NOT_FOUND", "Model with name nope does not exist."],
        "wrong": [
            "INVALID_ARGUMENT",
            "instance 0: the data has shape 7, not 28x28, nx28x28 or nx1x28x28",
        ],
    }


def test_the_server_tells_its_state(pod: Pod) -> None:
    assert pod.ask("GET", "/v1/models").body == {"models": ["mnist"]}
    assert pod.ask("GET", "/v1/models/mnist").body == {"name": "mnist", "ready": True}
    assert pod.ask("GET", "/v2/health/ready").body == {"ready": True}
    assert pod.ask("GET", "/v2/models/mnist").body["versions"] == ["1.0"]


def test_prometheus_finds_what_was_asked(pod: Pod, model: Path) -> None:
    v1, _, _ = requests(model)
    pod.ask("POST", "/v1/models/mnist:predict", v1)
    answer = pod.ask("GET", "/metrics", port=8082)
    assert answer.status == 200
    assert 'ts_inference_requests_total{model_name="mnist"' in answer.body


def test_fifty_clients_at_once_are_all_answered(pod: Pod, model: Path) -> None:
    v1, _, digit = requests(model)
    answers = pod.side_by_side(50, "POST", "/v1/models/mnist:predict", v1)
    assert [(answer.status, answer.body) for answer in answers] == [(200, {"predictions": [digit]})] * 50


def test_a_torchserve_that_kserve_set_up_for_v2_answers_both_protocols(
    root: Path, store: Path, model: Path, tmp_path: Path
) -> None:
    v1, v2, digit = requests(model)
    with running(root, store, tmp_path / "log", envelope="kservev2") as pod:
        pod.wait_ready()
        assert pod.ask("POST", "/v1/models/mnist:predict", v1).body == {"predictions": [digit]}
        assert pod.ask("POST", "/v2/models/mnist/infer", v2).body["outputs"][0]["data"] == [digit]
