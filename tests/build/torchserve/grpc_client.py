"""Asks a server in this network by gRPC and prints its answers as JSON: `grpc_client.py PICTURE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import grpc

from servers.torchserve import oip


def call(channel: grpc.Channel, method: str, request: Any) -> Any:
    ask = channel.unary_unary(
        f"/{oip.SERVICE}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=oip.message(f"{method}Response").FromString,
    )
    try:
        return ask(request, timeout=30)
    except grpc.RpcError as error:
        return [error.code().name, error.details()]


def infer(model: str, **tensor: Any) -> Any:
    request = oip.message("ModelInferRequest")(model_name=model)
    request.inputs.add(name="input-0", **tensor)
    return request


def main(picture: Path) -> None:
    with grpc.insecure_channel("127.0.0.1:8081", options=[("grpc.enable_http_proxy", 0)]) as channel:
        image = infer(
            "mnist", datatype="BYTES", shape=[1], contents={"bytes_contents": [picture.read_bytes()]}
        )
        answer = call(channel, "ModelInfer", image)
        wrong = infer("mnist", datatype="FP32", shape=[1, 7], contents={"fp32_contents": [0.5] * 7})
        told = {
            "live": call(channel, "ServerLive", oip.message("ServerLiveRequest")()).live,
            "ready": call(channel, "ServerReady", oip.message("ServerReadyRequest")()).ready,
            "model_ready": call(channel, "ModelReady", oip.message("ModelReadyRequest")(name="mnist")).ready,
            "outputs": [
                {
                    "name": output.name,
                    "datatype": output.datatype,
                    "shape": list(output.shape),
                    "data": list(output.contents.int64_contents),
                }
                for output in answer.outputs
            ],
            "unknown": call(channel, "ModelInfer", infer("nope", datatype="FP32", shape=[1])),
            "wrong": call(channel, "ModelInfer", wrong),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
