"""v1 and v2 bodies: read, refused, and turned into what TorchServe was set up for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from servers.torchserve import protocols
from servers.torchserve.problems import RequestRefused
from servers.torchserve.protocols import Protocol, Question, Verb

V1 = {"instances": [{"data": "aGk=", "target": 1}, {"data": [[1, 2], [3, 4]]}, [0.5]]}
V2 = {
    "id": "seven",
    "inputs": [
        {"name": "a", "datatype": "BYTES", "shape": [2], "data": ["x", "y"]},
        {"name": "b", "datatype": "FP32", "shape": [1, 2], "data": [0.5, 1.5]},
    ],
}


def asked(protocol: Protocol, body: Any, verb: Verb = "predict") -> Question:
    return protocols.question(protocol, verb, body)


def sent(question: Question, envelope: str) -> Any:
    return json.loads(protocols.to_backend(question, envelope))


def answered(question: Question, envelope: str, answer: Any) -> Any:
    raw = json.dumps(answer, indent=2).encode()
    return json.loads(protocols.from_backend(question, envelope, "mnist", "1.0", raw))


@pytest.mark.parametrize("envelope", ["kserve", "kfserving", "body", ""])
def test_v1_reaches_a_v1_backend_as_it_came(envelope: str) -> None:
    assert sent(asked("v1", V1), envelope) == V1


@pytest.mark.parametrize("envelope", ["kservev2", "json", ""])
def test_v2_reaches_a_v2_backend_as_it_came(envelope: str) -> None:
    assert sent(asked("v2", V2), envelope) == V2


def test_v2_reaches_a_v1_backend_as_one_instance_for_each_element_of_the_batch() -> None:
    assert sent(asked("v2", V2), "kserve") == {
        "instances": [{"data": "x"}, {"data": "y"}, {"data": [0.5, 1.5]}]
    }


def test_a_v2_request_names_the_class_to_explain_in_its_parameters() -> None:
    body = {**V2, "inputs": V2["inputs"][:1], "parameters": {"target": 3}}
    assert sent(asked("v2", body, "explain"), "kserve") == {
        "instances": [{"data": "x", "target": 3}, {"data": "y", "target": 3}]
    }


def test_v1_reaches_a_v2_backend_as_one_tensor_for_each_instance() -> None:
    assert sent(asked("v1", V1), "kservev2") == {
        "inputs": [
            {"name": "input-0", "shape": [1], "datatype": "BYTES", "data": ["aGk="]},
            {"name": "input-1", "shape": [2, 2], "datatype": "INT64", "data": [1, 2, 3, 4]},
            {"name": "input-2", "shape": [1], "datatype": "FP64", "data": [0.5]},
        ]
    }


def test_v1_answers_come_on_one_line_as_kserves_servers_write_them() -> None:
    raw = b'{\n  "predictions": [\n    2\n  ]\n}'
    assert protocols.from_backend(asked("v1", V1), "kserve", "mnist", "1.0", raw) == b'{"predictions": [2]}'


def test_a_v1_answer_becomes_one_output_for_each_v2_input() -> None:
    assert answered(asked("v2", V2), "kserve", {"predictions": [4, 5, 6]}) == {
        "id": "seven",
        "model_name": "mnist",
        "model_version": "1.0",
        "outputs": [
            {"name": "a", "shape": [2], "datatype": "INT64", "data": [4, 5]},
            {"name": "b", "shape": [1], "datatype": "INT64", "data": [6]},
        ],
    }


def test_a_v2_question_without_an_id_is_given_one() -> None:
    body = {"inputs": V2["inputs"][1:]}
    answers = [answered(asked("v2", body), "kserve", {"predictions": [6]})["id"] for _ in range(2)]
    assert len(set(answers)) == 2


def test_a_v2_answer_becomes_predictions_or_explanations() -> None:
    outputs = [{"name": "o", "shape": [1], "data": [2]}, {"name": "p", "shape": [2], "data": [0.1, 0.2]}]
    assert answered(asked("v1", V1), "kservev2", {"outputs": outputs}) == {"predictions": [2, [0.1, 0.2]]}
    assert answered(asked("v1", V1, "explain"), "kservev2", {"outputs": outputs}) == {
        "explanations": [2, [0.1, 0.2]]
    }


@pytest.mark.parametrize(
    ("protocol", "envelope", "raw"),
    [
        ("v2", "kserve", b'{"predictions": [1]}'),
        ("v2", "kserve", b'{"explanations": [1, 2, 3]}'),
        ("v2", "kserve", b"[]"),
        ("v1", "kservev2", b'{"outputs": [{"name": "x"}]}'),
        ("v1", "kserve", b"no json"),
    ],
)
def test_an_answer_of_another_form_is_the_servers_failure(
    protocol: Protocol, envelope: str, raw: bytes
) -> None:
    question = asked(protocol, V1 if protocol == "v1" else V2)
    with pytest.raises(RequestRefused) as caught:
        protocols.from_backend(question, envelope, "mnist", "1.0", raw)
    assert caught.value.status == 500
    assert caught.value.message == "The model's answer does not hold one result for each instance"


@pytest.mark.parametrize(
    ("protocol", "body", "message"),
    [
        ("v1", [], "The request body must be a JSON object"),
        ("v1", {}, 'The request body has no "instances"'),
        ("v1", {"instances": 3}, 'Expected "instances" to be a list that is not empty'),
        ("v1", {"instances": []}, 'Expected "instances" to be a list that is not empty'),
        ("v2", {"instances": []}, 'The request body has no "inputs"'),
        ("v2", {"inputs": {}}, 'Expected "inputs" to be a list that is not empty'),
        ("v2", {"inputs": [7]}, "inputs[0] must be an object with name, shape, datatype and data"),
    ],
)
def test_what_is_no_request_of_the_protocol_is_refused(protocol: Protocol, body: Any, message: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        asked(protocol, body)
    assert (caught.value.status, caught.value.message) == (400, message)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "The request body is not valid JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[1", "The request body is not valid JSON: Expecting ',' delimiter: line 1 column 3 (char 2)"),
        (b"data=1", "The request body is not valid JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        protocols.parse(raw)
    assert (caught.value.status, caught.value.message) == (400, message)


def test_json_nested_too_deeply_is_refused_and_not_a_crash() -> None:
    with pytest.raises(RequestRefused) as caught:
        protocols.parse(b"[" * 100_000)
    assert caught.value.status == 400
