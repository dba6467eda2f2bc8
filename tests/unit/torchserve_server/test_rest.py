"""KServe's protocols over HTTP, in front of a double of TorchServe."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from servers.torchserve import protocols
from servers.torchserve.backend import Backend
from servers.torchserve.problems import RequestRefused
from servers.torchserve.properties import Model, ModelStore
from tests.unit.torchserve_server.backend_double import Answer, TorchServeDouble, run, server_over

V1 = {"instances": [{"data": "aGk="}]}
V2 = {"id": "i", "inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": ["aGk="]}]}
V2_ANSWER = {
    "id": "i",
    "model_name": "mnist",
    "model_version": "1.0",
    "outputs": [{"name": "x", "shape": [1], "datatype": "INT64", "data": [2]}],
}


def answer_of(
    method: str, path: str, body: object = None, double: TorchServeDouble | None = None, **options: Any
) -> Answer:
    async def work() -> Answer:
        headers = options.pop("headers", {})
        async with server_over(double or TorchServeDouble(), **options) as ask:
            return await ask(method, path, body, headers=headers)

    return run(work())


def test_a_prediction_is_asked_of_torchserve_as_json() -> None:
    double = TorchServeDouble()
    answer = answer_of("POST", "/v1/models/mnist:predict", V1, double)
    assert (answer.status, answer.body) == (200, {"predictions": [2]})
    assert double.heard == [("/predictions/mnist", "application/json", V1)]


def test_plain_curl_is_answered_though_it_calls_its_json_a_form() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = answer_of("POST", "/v1/models/mnist:predict", V1, headers=headers)
    assert (answer.status, answer.body) == (200, {"predictions": [2]})


def test_an_explanation_is_asked_where_torchserve_explains() -> None:
    double = TorchServeDouble(answer={"explanations": [[0.5]]})
    answer = answer_of("POST", "/v1/models/mnist:explain", V1, double)
    assert answer.body == {"explanations": [[0.5]]}
    assert double.heard[0][0] == "/explanations/mnist"


@pytest.mark.parametrize("path", ["/v2/models/mnist/infer", "/v2/models/mnist/versions/1.0/infer"])
def test_v2_is_answered_by_a_torchserve_that_was_set_up_for_v1(path: str) -> None:
    double = TorchServeDouble()
    assert answer_of("POST", path, V2, double).body == V2_ANSWER
    assert double.heard[0][2] == V1


def test_v2_is_answered_by_a_torchserve_that_was_set_up_for_v2() -> None:
    double = TorchServeDouble(answer=V2_ANSWER)
    assert answer_of("POST", "/v2/models/mnist/infer", V2, double, envelope="kservev2").body == V2_ANSWER
    assert double.heard[0][2] == V2


def test_v2_explains_too() -> None:
    double = TorchServeDouble(answer={"explanations": [[[0.5, 0.25]]]})
    outputs = answer_of("POST", "/v2/models/mnist/explain", V2, double).body["outputs"]
    assert outputs == [{"name": "x", "shape": [1, 1, 2], "datatype": "FP64", "data": [0.5, 0.25]}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", {"status": "alive"}),
        ("/v1/models", {"models": ["mnist"]}),
        ("/v2/models", {"models": ["mnist"]}),
        ("/v1/models/mnist", {"name": "mnist", "ready": True}),
        ("/v2", {"name": "kserve-platform-torchserve", "version": "0.12.0", "extensions": []}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/mnist/ready", {"name": "mnist", "ready": True}),
        ("/v2/models/mnist/versions/1.0/ready", {"name": "mnist", "ready": True}),
        (
            "/v2/models/mnist",
            {"name": "mnist", "versions": ["1.0"], "platform": "pytorch", "inputs": [], "outputs": []},
        ),
    ],
)
def test_the_state_of_the_server_is_told(path: str, body: object) -> None:
    answer = answer_of("GET", path)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/models/mnist", {"name": "mnist", "ready": False}),
        ("/v2/models/mnist/ready", {"name": "mnist", "ready": False}),
        ("/v2/health/ready", {"ready": False}),
    ],
)
@pytest.mark.parametrize("workers", [(), ("UNLOADING",), ("DIED", "UNLOADING")])
def test_a_model_without_a_loaded_worker_is_not_ready(
    path: str, body: object, workers: tuple[str, ...]
) -> None:
    answer = answer_of("GET", path, double=TorchServeDouble(workers=workers))
    assert (answer.status, answer.body) == (503, body)


def test_all_models_are_ready_only_when_each_is() -> None:
    answer = answer_of("GET", "/v2/health/ready", models=("mnist", "unloaded"))
    assert (answer.status, answer.body) == (503, {"ready": False})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/models/nope:predict"),
        ("POST", "/v1/models/nope:explain"),
        ("GET", "/v1/models/nope"),
        ("POST", "/v2/models/nope/infer"),
        ("POST", "/v2/models/nope/explain"),
        ("GET", "/v2/models/nope"),
        ("GET", "/v2/models/nope/ready"),
    ],
)
def test_an_unknown_model_is_not_found(method: str, path: str) -> None:
    answer = answer_of(method, path, V1 if method == "POST" else None)
    assert (answer.status, answer.body) == (404, {"error": "Model with name nope does not exist."})


def test_an_unknown_version_is_not_found() -> None:
    answer = answer_of("POST", "/v2/models/mnist/versions/9/infer", V2)
    assert (answer.status, answer.body) == (
        404,
        {"error": "Model with name mnist has no version 9, but 1.0."},
    )


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (
            "/v1/models/mnist:predict",
            b"hello",
            "The request body is not valid JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            "/v1/models/mnist:predict",
            b"",
            "The request body is not valid JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        ("/v1/models/mnist:predict", {"inputs": []}, 'The request body has no "instances"'),
        ("/v1/models/mnist:explain", {"instances": 1}, 'Expected "instances" to be a list that is not empty'),
        ("/v2/models/mnist/infer", {"inputs": [{"name": "x"}]}, "inputs[0].datatype must be a string"),
    ],
)
def test_a_wrong_request_never_reaches_torchserve(path: str, body: object, message: str) -> None:
    double = TorchServeDouble()
    answer = answer_of("POST", path, body, double)
    assert (answer.status, answer.body) == (400, {"error": message})
    assert double.heard == []


def test_a_body_above_the_limit_is_refused_and_the_server_goes_on() -> None:
    async def work() -> tuple[Answer, Answer]:
        async with server_over(TorchServeDouble(), limit=1_000_000) as ask:
            refused = await ask("POST", "/v1/models/mnist:predict", b"1" * 20_000_000)
            return refused, await ask("POST", "/v1/models/mnist:predict", V1)

    refused, after = run(work())
    assert refused.status == 413
    assert refused.body == {
        "error": "The request body is larger than 1000000 bytes, the most that this model server takes "
        "(max_request_size in config.properties)"
    }
    assert after.body == {"predictions": [2]}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/models/mnist:predict", "POST"),
        ("PUT", "/v1/models/mnist:explain", "POST"),
        ("DELETE", "/v2/models/mnist/infer", "POST"),
        ("POST", "/v2/health/ready", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(method: str, path: str, allowed: str) -> None:
    answer = answer_of(method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert answer.body == {"error": f"{path} takes {allowed}, not {method}"}


def test_an_address_without_anything_is_not_found() -> None:
    answer = answer_of("GET", "/v3/models")
    assert (answer.status, answer.body) == (404, {"error": "There is nothing at /v3/models"})


@pytest.mark.parametrize(
    ("status", "told", "seen", "message"),
    [
        (400, {"code": 400, "message": "instance 0: no digit"}, 400, "instance 0: no digit"),
        (503, {"code": 503, "message": "Model queue is full"}, 503, "Model queue is full"),
        (
            503,
            {"code": 503, "message": "Prediction failed"},
            500,
            "The model failed on this request; the pod's log has its traceback",
        ),
        (507, ["no message"], 507, "TorchServe answered with status 507"),
    ],
)
def test_what_torchserve_refuses_is_told_in_the_protocols_form(
    status: int, told: object, seen: int, message: str
) -> None:
    answer = answer_of("POST", "/v1/models/mnist:predict", V1, TorchServeDouble(status=status, answer=told))
    assert (answer.status, answer.body) == (seen, {"error": message})


def test_a_torchserve_that_is_gone_is_unavailable_and_not_ready() -> None:
    async def work() -> tuple[str, int, bool]:
        nowhere = "127.0.0.1:1"
        store = ModelStore(nowhere, nowhere, (Model("mnist", "1.0", 1),), "kserve", 1000, (), None)
        async with Backend(store) as backend:
            with pytest.raises(RequestRefused) as caught:
                await backend.ask("mnist", protocols.question("v1", "predict", V1))
            return caught.value.message, caught.value.status, await backend.ready("mnist")

    assert run(work()) == ("TorchServe does not answer: ClientConnectorError", 503, False)


def test_many_questions_are_put_side_by_side() -> None:
    async def work() -> list[Answer]:
        double = TorchServeDouble()
        everybody = asyncio.Barrier(20)
        double.pause = everybody.wait  # nobody is answered before all twenty have asked
        async with server_over(double) as ask, asyncio.timeout(20):
            return await asyncio.gather(*(ask("POST", "/v1/models/mnist:predict", V1) for _ in range(20)))

    assert [answer.body for answer in run(work())] == [{"predictions": [2]}] * 20
