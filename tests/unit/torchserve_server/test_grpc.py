"""The Open Inference Protocol over gRPC, with messages that are described in Python."""

from __future__ import annotations

import struct
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor
from grpc import aio

from servers.torchserve import grpc_service, oip
from servers.torchserve.problems import RequestRefused
from tests.unit.torchserve_server.backend_double import TorchServeDouble, backend_over, run


def call(method: str, request: Any, double: TorchServeDouble | None = None, **options: Any) -> Any:
    """What a client gets: a message, or the code and words of a refusal."""

    async def work() -> Any:
        async with backend_over(double or TorchServeDouble(), **options) as backend:
            server = grpc_service.server(backend)
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            try:
                async with aio.insecure_channel(
                    f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]
                ) as to:
                    ask = to.unary_unary(
                        f"/{oip.SERVICE}/{method}",
                        request_serializer=lambda message: message.SerializeToString(),
                        response_deserializer=oip.message(f"{method}Response").FromString,
                    )
                    return await ask(request, timeout=20)
            except aio.AioRpcError as error:
                return error.code(), error.details()
            finally:
                await server.stop(None)

    return run(work())


def infer_request(**tensor: Any) -> Any:
    request = oip.message("ModelInferRequest")(model_name="mnist", id="i")
    request.inputs.add(name="x", **tensor)
    return request


def test_a_picture_is_inferred_from_its_own_bytes() -> None:
    double = TorchServeDouble()
    answer = call(
        "ModelInfer",
        infer_request(datatype="BYTES", shape=[1], contents={"bytes_contents": [b"\x89P"]}),
        double,
    )
    assert double.heard[0][2] == {"instances": [{"data": "iVA="}]}
    assert (answer.id, answer.model_name, answer.model_version) == ("i", "mnist", "1.0")
    (output,) = answer.outputs
    assert (output.name, output.datatype, list(output.shape)) == ("x", "INT64", [1])
    assert list(output.contents.int64_contents) == [2]


def test_answers_of_texts_come_as_bytes() -> None:
    double = TorchServeDouble(answer={"predictions": ["cat"]})
    answer = call(
        "ModelInfer", infer_request(datatype="FP32", shape=[1, 1], contents={"fp32_contents": [0.5]}), double
    )
    assert list(answer.outputs[0].contents.bytes_contents) == [b"cat"]


def test_the_state_of_the_server_is_told() -> None:
    assert call("ServerLive", oip.message("ServerLiveRequest")()).live is True
    assert call("ServerReady", oip.message("ServerReadyRequest")()).ready is True
    metadata = call("ServerMetadata", oip.message("ServerMetadataRequest")())
    assert (metadata.name, metadata.version) == ("kserve-platform-torchserve", "0.12.0")
    assert call("ModelReady", oip.message("ModelReadyRequest")(name="mnist")).ready is True
    model = call("ModelMetadata", oip.message("ModelMetadataRequest")(name="mnist", version="1.0"))
    assert (model.name, list(model.versions), model.platform) == ("mnist", ["1.0"], "pytorch")


def test_a_server_without_loaded_workers_is_not_ready() -> None:
    double = TorchServeDouble(workers=())
    assert call("ServerReady", oip.message("ServerReadyRequest")(), double).ready is False


@pytest.mark.parametrize("method", ["ModelReady", "ModelMetadata"])
def test_an_unknown_model_is_not_found(method: str) -> None:
    refused = call(method, oip.message(f"{method}Request")(name="nope"))
    assert refused == (grpc.StatusCode.NOT_FOUND, "Model with name nope does not exist.")


def test_wrong_tensors_are_invalid_arguments() -> None:
    wrong = infer_request(datatype="FP32", shape=[3], contents={"fp32_contents": [0.5]})
    assert call("ModelInfer", wrong) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "inputs[0].data has 1 elements, but shape [3] needs 3",
    )


def test_a_message_above_the_limit_is_refused() -> None:
    large = infer_request(datatype="BYTES", shape=[1], contents={"bytes_contents": [b"1" * 2000]})
    code, words = call("ModelInfer", large, limit=1000)
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert words.startswith("SERVER: Received message larger than max (")
    assert words.endswith(" vs. 1000)")


def test_a_model_that_fails_is_an_internal_error() -> None:
    double = TorchServeDouble(status=503, answer={"message": "Prediction failed"})
    refused = call(
        "ModelInfer", infer_request(datatype="FP32", shape=[1], contents={"fp32_contents": [1]}), double
    )
    assert refused == (
        grpc.StatusCode.INTERNAL,
        "The model failed on this request; the pod's log has its traceback",
    )


@pytest.mark.parametrize(
    ("datatype", "raw", "expected"),
    [
        ("FP32", struct.pack("<2f", 0.5, 1.5), [0.5, 1.5]),
        ("FP64", struct.pack("<d", 0.1), [0.1]),
        ("INT8", b"\xff\x01", [-1, 1]),
        ("UINT8", b"\xff\x01", [255, 1]),
        ("INT64", struct.pack("<q", -5), [-5]),
        ("BOOL", b"\x01\x00", [True, False]),
        ("BYTES", b"\x02\x00\x00\x00hi\x01\x00\x00\x00!", ["hi", "!"]),
    ],
)
def test_raw_contents_are_read_as_little_endian(datatype: str, raw: bytes, expected: list[Any]) -> None:
    request = infer_request(datatype=datatype, shape=[len(expected)])
    request.raw_input_contents.append(raw)
    assert grpc_service.to_json(request) == {
        "id": "i",
        "inputs": [{"name": "x", "datatype": datatype, "shape": [len(expected)], "data": expected}],
    }


@pytest.mark.parametrize(
    ("datatype", "raw", "message"),
    [
        ("FP32", [b"123"], 'raw_input_contents[0] does not hold elements of datatype "FP32"'),
        ("FP99", [b"1234"], 'raw_input_contents[0] does not hold elements of datatype "FP99"'),
        ("BYTES", [b"\x01"], 'raw_input_contents[0] does not hold elements of datatype "BYTES"'),
        ("FP32", [b"1234", b"1234"], "raw_input_contents has 2 entries, but there are 1 inputs"),
    ],
)
def test_raw_contents_that_do_not_fit_are_refused(datatype: str, raw: list[bytes], message: str) -> None:
    request = infer_request(datatype=datatype, shape=[1])
    request.raw_input_contents.extend(raw)
    with pytest.raises(RequestRefused) as caught:
        grpc_service.to_json(request)
    assert (caught.value.status, caught.value.message) == (400, message)


def test_the_messages_have_the_protocols_numbers() -> None:
    # Written by the specification's field numbers: (number << 3 | wire type), length, value.
    contents = b"\x32\x04" + struct.pack("<f", 0.5)
    tensor = b"\x0a\x01x" + b"\x12\x04FP32" + b"\x1a\x01\x01" + b"\x2a" + bytes([len(contents)]) + contents
    wire = b"\x0a\x05mnist" + b"\x1a\x01i" + b"\x2a" + bytes([len(tensor)]) + tensor
    expected = infer_request(datatype="FP32", shape=[1], contents={"fp32_contents": [0.5]})
    assert oip.message("ModelInferRequest").FromString(wire) == expected
    assert expected.SerializeToString() == wire


def test_parameters_are_one_of_three_kinds() -> None:
    parameter = oip.message("InferParameter")(int64_param=3)
    assert parameter.WhichOneof("parameter_choice") == "int64_param"
    request = oip.message("ModelInferRequest")()
    request.parameters["k"].string_param = "v"
    copy = oip.message("ModelInferRequest").FromString(request.SerializeToString())
    assert copy.parameters["k"].string_param == "v"


def test_every_method_has_its_two_messages() -> None:
    for method in oip.METHODS:
        for end in ("Request", "Response"):
            descriptor: Descriptor = oip.message(f"{method}{end}").DESCRIPTOR
            assert descriptor.full_name == f"inference.{method}{end}"
