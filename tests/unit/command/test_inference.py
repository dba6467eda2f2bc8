"""Asking the model, and naming the hop that failed."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from PIL import Image

from command.endpoints import Endpoint
from command.inference.client import Answer, Ingress, Request, ask, curl_line
from command.inference.judge import (
    Hop,
    attributions,
    bad_status,
    inferred_class,
    predicted_class,
    unreachable,
    wrong_server,
)
from command.prove import await_prediction, check_all, check_prediction, failed_check
from command.samples import drawn_sample

ENVOY = {"server": "istio-envoy", "x-envoy-upstream-service-time": "6"}


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, ENVOY if headers is None else headers, text)


class Server(HTTPServer):
    """A double of the gateway on a free port of 127.0.0.1: answers by path and keeps what it got."""

    def __init__(self, answers: dict[str, tuple[int, Any]]) -> None:
        self.answers = answers
        self.got: list[tuple[str, str | None, str]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, self.headers["Host"], body))
        status, content = self.server.answers.get(self.path, (404, ""))
        self.send_response_only(status)
        for name, value in ENVOY.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())


@pytest.fixture
def server() -> Iterator[Server]:
    rows = [[0.0] * 28 for _ in range(28)]
    rows[9][14] = -0.5
    with Server(
        {
            "/v1/models/mnist:predict": (200, {"predictions": [2]}),
            "/v1/models/mnist:explain": (200, {"explanations": [[rows]]}),
            "/v2/models/mnist/infer": (200, {"outputs": [{"name": "output", "data": [2]}]}),
        }
    ) as gateway:
        thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield gateway
        gateway.shutdown()
        thread.join()


@pytest.fixture
def endpoint(server: Server) -> Endpoint:
    ingress = Ingress("127.0.0.1", server.server_port)
    return Endpoint(
        "torchserve", "kserve-test", "torchserve.kserve-test.example.com", "mnist", "mnist", ingress
    )


def test_a_request_names_the_service_by_its_host_header(server: Server, endpoint: Endpoint) -> None:
    said = ask(endpoint.ingress, Request("prediction", "/v1/models/mnist:predict", endpoint.host, "{}"))
    assert (said.status, said.json(), said.headers["server"]) == (200, {"predictions": [2]}, "istio-envoy")
    assert server.got == [("/v1/models/mnist:predict", "torchserve.kserve-test.example.com", "{}")]


def test_all_three_requests_of_a_working_stack_are_right(endpoint: Endpoint) -> None:
    checks = check_all(endpoint, drawn_sample())
    assert [(check.request.name, check.right, check.seen) for check in checks] == [
        ("prediction", True, "2"),
        ("explanation", True, "28x28 attributions, strongest at row 9, column 14"),
        ("v2 inference", True, "2"),
    ]


def test_a_wrong_class_is_the_models_fault(server: Server, endpoint: Endpoint) -> None:
    server.answers["/v1/models/mnist:predict"] = (200, {"predictions": [7]})
    check = check_prediction(endpoint, drawn_sample())
    assert failed_check(check, endpoint) == (
        "The prediction failed at the hop: model\n"
        f"  asked: POST /v1/models/mnist:predict at 127.0.0.1:{endpoint.ingress.port}, "
        "Host torchserve.kserve-test.example.com\n"
        "  why:   it sees a 7 in a picture of a 2\n"
        "  do:    Train it anew: make up."
    )


def test_an_explanation_of_another_shape_is_wrong(server: Server, endpoint: Endpoint) -> None:
    server.answers["/v1/models/mnist:explain"] = (200, {"explanations": [[[[0.1, 0.2]]]]})
    hop = check_all(endpoint, drawn_sample())[1].hop
    assert hop == Hop("model", "it explains 1x2 pixels of 28x28", "Read the log of its explainer.")


def test_a_way_that_stays_shut_is_told_when_the_time_is_over(endpoint: Endpoint) -> None:
    def refuse(ingress: Ingress, request: Request) -> Answer:
        raise ConnectionRefusedError

    notes: list[str] = []
    check = await_prediction(endpoint, drawn_sample(), notes.append, refuse, seconds=0)
    assert check.hop is not None
    assert (check.hop.name, notes) == ("this machine", [])


def test_a_port_that_nobody_listens_on_is_named(server: Server, endpoint: Endpoint) -> None:
    def refuse(ingress: Ingress, request: Request) -> Answer:
        raise ConnectionRefusedError(111, "Connection refused")

    check = check_prediction(endpoint, drawn_sample(), refuse)
    assert (check.status, check.hop) == (
        None,
        Hop("this machine", "nothing listens on the port", "Bring the stack up again: make up"),
    )


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (TimeoutError(), "Knative"),
        (ConnectionRefusedError(), "this machine"),
        (ConnectionResetError("reset"), "gateway"),
    ],
)
def test_no_answer_at_all_has_a_hop_too(error: OSError, name: str) -> None:
    assert unreachable(error).name == name


@pytest.mark.parametrize(
    ("status", "headers", "name"),
    [
        (404, {"server": "istio-envoy"}, "route"),
        (404, ENVOY, "model server"),
        (503, {"server": "istio-envoy"}, "gateway"),
        (503, ENVOY, "Knative"),
        (500, ENVOY, "model server"),
    ],
)
def test_a_refusal_is_blamed_on_who_gave_it(status: int, headers: dict[str, str], name: str) -> None:
    hop = bad_status(answer("no", status, headers))
    assert hop is not None
    assert (hop.name, hop.why) == (name, f"{status} from istio-envoy: no")


def test_a_success_is_no_refusal() -> None:
    assert bad_status(answer({})) is None


def test_an_answer_that_did_not_come_through_the_gateway_is_wrong() -> None:
    assert wrong_server(answer({})) is None
    assert wrong_server(answer({}, headers={"server": "SimpleHTTP"})) == Hop(
        "gateway",
        "the answer comes from SimpleHTTP, not from istio-envoy",
        "Another program has the port, or the gateway was replaced.",
    )


@pytest.mark.parametrize("body", [{"predictions": [2]}, {"predictions": ["2"]}])
def test_a_class_is_read_as_number_and_as_text(body: Any) -> None:
    assert predicted_class(answer(body)) == 2


@pytest.mark.parametrize(
    "body", ["<html>", "[]", "{}", '{"predictions": []}', '{"predictions": null}', '{"predictions": ["x"]}']
)
def test_a_body_without_a_class_is_shown(body: str) -> None:
    hop = predicted_class(answer(body))
    assert isinstance(hop, Hop)
    assert hop.why.endswith(f": {body}")


@pytest.mark.parametrize(
    "body", ["{}", '{"outputs": []}', '{"outputs": [{}]}', '{"outputs": [{"data": []}]}']
)
def test_a_v2_answer_without_a_class_is_shown(body: str) -> None:
    assert isinstance(inferred_class(answer(body)), Hop)


@pytest.mark.parametrize("body", ["{}", '{"explanations": []}', '{"explanations": [1, 2]}'])
def test_an_explanation_without_rows_is_shown(body: str) -> None:
    assert isinstance(attributions(answer(body)), Hop)


def test_a_curl_line_repeats_the_request() -> None:
    request = Request("prediction", "/v1/models/mnist:predict", "torchserve.kserve-test.example.com", "{}")
    assert curl_line(Ingress("127.0.0.1", 8080), request, "mnist.json") == (
        "curl -H 'Host: torchserve.kserve-test.example.com' "
        "http://127.0.0.1:8080/v1/models/mnist:predict -d @mnist.json"
    )


def test_the_sample_is_a_picture_that_any_reader_reads() -> None:
    sample = drawn_sample()
    content = base64.b64decode(json.loads(sample.v1)["instances"][0]["data"])
    image = Image.open(io.BytesIO(content))
    assert (image.size, image.mode) == ((28, 28), "L")
    assert image.tobytes() == bytes(value for row in sample.pixels for value in row)


def test_the_v2_request_holds_the_same_pixels() -> None:
    sample = drawn_sample()
    tensor = json.loads(sample.v2)["inputs"][0]
    assert (tensor["shape"], tensor["datatype"]) == ([1, 28, 28], "UINT8")
    assert tensor["data"] == [value for row in sample.pixels for value in row]
