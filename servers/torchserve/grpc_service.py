"""The Open Inference Protocol over gRPC: the same questions as v2 over HTTP, in its messages."""

from __future__ import annotations

import json
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from grpc import aio

from servers.torchserve import oip, protocols, rest, tensors
from servers.torchserve.backend import Backend
from servers.torchserve.problems import RequestRefused
from servers.torchserve.tensors import Json

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_CONTENTS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    **dict.fromkeys(("FP16", "FP32"), "fp32_contents"),
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
_RAW = {
    "BOOL": "?",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}
_Method = Callable[[Any, "aio.ServicerContext[Any, Any]"], Awaitable[Any]]


def server(backend: Backend) -> aio.Server:
    """A gRPC server over a backend, without a port yet."""
    limit = backend.max_request_size
    made = aio.server(options=[("grpc.max_receive_message_length", limit), ("grpc.so_reuseport", 0)])
    service = _Service(backend)
    methods = {
        name: grpc.unary_unary_rpc_method_handler(
            _refusing(getattr(service, name)),
            request_deserializer=oip.message(f"{name}Request").FromString,
            response_serializer=oip.message(f"{name}Response").SerializeToString,
        )
        for name in oip.METHODS
    }
    made.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(oip.SERVICE, methods),))
    return made


def _refusing(method: _Method) -> _Method:
    async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await method(request, context)
        except RequestRefused as refused:
            await context.abort(_CODES.get(refused.status, grpc.StatusCode.INTERNAL), refused.message)

    return call


class _Service:
    """One method for each of the protocol, named as it names them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def ServerLive(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        return oip.message("ServerLiveResponse")(live=True)

    async def ServerReady(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return oip.message("ServerReadyResponse")(ready=await self._backend.all_ready())

    async def ModelReady(self, request: Any, _context: Any) -> Any:  # noqa: N802
        self._backend.model(request.name, request.version)
        return oip.message("ModelReadyResponse")(ready=await self._backend.ready(request.name))

    async def ServerMetadata(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return oip.message("ServerMetadataResponse")(name=rest.SERVER_NAME, version=rest.SERVER_VERSION)

    async def ModelMetadata(self, request: Any, _context: Any) -> Any:  # noqa: N802
        model = self._backend.model(request.name, request.version)
        made = oip.message("ModelMetadataResponse")
        return made(name=model.name, versions=[model.version], platform="pytorch")

    async def ModelInfer(self, request: Any, _context: Any) -> Any:  # noqa: N802
        self._backend.model(request.model_name, request.model_version)
        asked = protocols.question("v2", "predict", to_json(request))
        answer = await self._backend.ask(request.model_name, asked, request.model_version)
        return to_message(json.loads(answer))


def to_json(request: Any) -> dict[str, Json]:
    """A ModelInferRequest as the body of a v2 request.

    Raises:
        RequestRefused: 400: raw contents that do not fit the inputs.
    """
    raw = list(request.raw_input_contents)
    if raw and len(raw) != len(request.inputs):
        raise RequestRefused(
            400, f"raw_input_contents has {len(raw)} entries, but there are {len(request.inputs)} inputs"
        )
    inputs = []
    for index, tensor in enumerate(request.inputs):
        if raw:
            data = _unpack(tensor.datatype, raw[index], f"raw_input_contents[{index}]")
        else:
            data = list(getattr(tensor.contents, _CONTENTS.get(tensor.datatype, "bytes_contents")))
        if tensor.datatype == "BYTES":
            data = [tensors.text_of(value) for value in data]
        inputs.append(
            {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape), "data": data}
        )
    body: dict[str, Json] = {"inputs": inputs}
    return {"id": request.id, **body} if request.id else body


def _unpack(datatype: str, raw: bytes, at: str) -> list[Json]:
    """Elements of a raw tensor: little endian; each of BYTES after its length in four bytes."""
    try:
        if datatype == "BYTES":
            values: list[Json] = []
            position = 0
            while position < len(raw):
                (length,) = struct.unpack_from("<I", raw, position)
                values.append(raw[position + 4 : position + 4 + length])
                position += 4 + length
            return values
        return [value for (value,) in struct.iter_unpack(f"<{_RAW[datatype]}", raw)]
    except (struct.error, KeyError):
        raise RequestRefused(400, f'{at} does not hold elements of datatype "{datatype}"') from None


def to_message(answer: dict[str, Json]) -> Any:
    """The body of a v2 answer as a ModelInferResponse."""
    made = oip.message("ModelInferResponse")(
        id=str(answer.get("id", "")),
        model_name=str(answer.get("model_name", "")),
        model_version=str(answer.get("model_version", "")),
    )
    for tensor in answer["outputs"]:
        data = tensors.flatten(tensor["data"])
        output = made.outputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        if tensor["datatype"] == "BYTES":
            data = [str(value).encode() for value in data]
        getattr(output.contents, _CONTENTS[tensor["datatype"]]).extend(data)
    return made
