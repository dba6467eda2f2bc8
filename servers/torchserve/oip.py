"""The Open Inference Protocol's gRPC messages, described here and built when the server starts.

The field numbers are the protocol's (package `inference`, service GRPCInferenceService). Described in Python
there is no generated module to keep, and no compiler to run.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "inference"
SERVICE = f"{PACKAGE}.GRPCInferenceService"

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "double": _Field.TYPE_DOUBLE,
    "float": _Field.TYPE_FLOAT,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
}

# message -> its fields in the order of their numbers, which start at 1: "name type", "name type*" where
# repeated, "name {type}" for a map from strings. A nested message is written Outer.Inner.
_MESSAGES: dict[str, tuple[str, ...]] = {
    "ServerLiveRequest": (),
    "ServerLiveResponse": ("live bool",),
    "ServerReadyRequest": (),
    "ServerReadyResponse": ("ready bool",),
    "ModelReadyRequest": ("name string", "version string"),
    "ModelReadyResponse": ("ready bool",),
    "ServerMetadataRequest": (),
    "ServerMetadataResponse": ("name string", "version string", "extensions string*"),
    "ModelMetadataRequest": ("name string", "version string"),
    "ModelMetadataResponse": (
        "name string",
        "versions string*",
        "platform string",
        "inputs ModelMetadataResponse.TensorMetadata*",
        "outputs ModelMetadataResponse.TensorMetadata*",
    ),
    "ModelMetadataResponse.TensorMetadata": ("name string", "datatype string", "shape int64*"),
    "InferParameter": ("bool_param bool", "int64_param int64", "string_param string"),
    "InferTensorContents": (
        "bool_contents bool*",
        "int_contents int32*",
        "int64_contents int64*",
        "uint_contents uint32*",
        "uint64_contents uint64*",
        "fp32_contents float*",
        "fp64_contents double*",
        "bytes_contents bytes*",
    ),
    "ModelInferRequest": (
        "model_name string",
        "model_version string",
        "id string",
        "parameters {InferParameter}",
        "inputs ModelInferRequest.InferInputTensor*",
        "outputs ModelInferRequest.InferRequestedOutputTensor*",
        "raw_input_contents bytes*",
    ),
    "ModelInferRequest.InferInputTensor": (
        "name string",
        "datatype string",
        "shape int64*",
        "parameters {InferParameter}",
        "contents InferTensorContents",
    ),
    "ModelInferRequest.InferRequestedOutputTensor": ("name string", "parameters {InferParameter}"),
    "ModelInferResponse": (
        "model_name string",
        "model_version string",
        "id string",
        "parameters {InferParameter}",
        "outputs ModelInferResponse.InferOutputTensor*",
        "raw_output_contents bytes*",
    ),
    "ModelInferResponse.InferOutputTensor": (
        "name string",
        "datatype string",
        "shape int64*",
        "parameters {InferParameter}",
        "contents InferTensorContents",
    ),
}
_ONE_OF = {"InferParameter": "parameter_choice"}

METHODS = ("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer")
"""Each takes <method>Request and gives <method>Response."""


def _describe() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="open_inference_protocol", package=PACKAGE, syntax="proto3"
    )
    described: dict[str, descriptor_pb2.DescriptorProto] = {}
    for path, fields in _MESSAGES.items():
        outer, _, inner = path.rpartition(".")
        message = described[outer].nested_type.add(name=inner) if outer else file.message_type.add(name=inner)
        described[path] = message
        for number, text in enumerate(fields, start=1):
            _add_field(message, path, number, *text.split(" "))
        if path in _ONE_OF:
            message.oneof_decl.add(name=_ONE_OF[path])
            for field in message.field:
                field.oneof_index = 0
    return file


def _add_field(message: descriptor_pb2.DescriptorProto, path: str, number: int, name: str, kind: str) -> None:
    field = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    if kind.startswith("{"):
        entry_name = f"{name.capitalize()}Entry"
        entry = message.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        _add_field(entry, f"{path}.{entry_name}", 1, "key", "string")
        _add_field(entry, f"{path}.{entry_name}", 2, "value", kind.strip("{}"))
        field.label, field.type = _Field.LABEL_REPEATED, _Field.TYPE_MESSAGE
        field.type_name = f".{PACKAGE}.{path}.{entry_name}"
        return
    if kind.endswith("*"):
        field.label = _Field.LABEL_REPEATED
    bare = kind.rstrip("*")
    if bare in _SCALARS:
        field.type = _SCALARS[bare]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{PACKAGE}.{bare}"


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_describe())


def message(name: str) -> Any:
    """The class of a message of the protocol; `Outer.Inner` for a nested one."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))
