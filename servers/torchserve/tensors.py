"""Tensors of the v2 protocol: datatypes, and the ways between flat data, nested lists and values."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from typing import Any

from servers.torchserve.problems import RequestRefused

Json = Any
"""A value that JSON can hold."""

INTEGERS = frozenset({"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"})
FLOATS = frozenset({"FP16", "FP32", "FP64"})
DATATYPES = INTEGERS | FLOATS | {"BOOL", "BYTES"}


def flatten(value: Json) -> list[Json]:
    """The leaves of nested lists, row by row; the protocol allows data flat or nested."""
    if not isinstance(value, list):
        return [value]
    if not any(isinstance(item, list) for item in value):
        return value
    return [leaf for item in value for leaf in flatten(item)]


def nest(flat: Sequence[Json], shape: Sequence[int]) -> Json:
    """Fold flat data, row by row, to nested lists of a shape; of no dimensions: the one value itself."""
    if not shape:
        return flat[0]
    if len(shape) == 1:
        return list(flat)
    step = len(flat) // shape[0] if shape[0] else 0
    return [nest(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def batch_size(tensor: dict[str, Json]) -> int:
    """How many instances a checked tensor holds: see `instances`."""
    if tensor["datatype"] == "BYTES" or not tensor["shape"]:
        return len(flatten(tensor["data"]))
    return int(tensor["shape"][0])


def instances(tensor: dict[str, Json]) -> list[Json]:
    """Split an input tensor along its first dimension, which the protocol calls the batch.

    Args:
        tensor: A checked tensor: name, datatype, shape, data.

    Returns:
        One value per element of the batch: a string for BYTES, else a number or nested lists.
    """
    flat, shape = flatten(tensor["data"]), tensor["shape"]
    if tensor["datatype"] == "BYTES" or not shape:
        return flat
    return list(nest(flat, shape))


def checked(given: Json, at: str) -> dict[str, Json]:
    """An input tensor of a request, refused if it is none.

    KServe's own TorchServe sample sends a text as `"data": "...", "shape": -1`, which the protocol does not
    know: one text is taken as a list of one, and -1 as the dimension that the data give.

    Args:
        given: What the request holds.
        at: Where, for the message: `inputs[0]`.

    Raises:
        RequestRefused: 400, with what is missing or does not fit.
    """
    if not isinstance(given, dict):
        raise RequestRefused(400, f"{at} must be an object with name, shape, datatype and data")
    tensor: dict[str, Json] = dict(given)
    if isinstance(tensor.get("data"), str):
        tensor["data"] = [tensor["data"]]
    if tensor.get("shape") in (-1, [-1]) and isinstance(tensor.get("data"), list):
        tensor["shape"] = [len(tensor["data"])]
    for key, kind in (("name", str), ("datatype", str), ("shape", list), ("data", list)):
        if not isinstance(tensor.get(key), kind):
            raise RequestRefused(400, f"{at}.{key} must be a {'string' if kind is str else 'list'}")
    if tensor["datatype"] not in DATATYPES:
        raise RequestRefused(
            400, f'{at}.datatype "{tensor["datatype"]}" is not one of {", ".join(sorted(DATATYPES))}'
        )
    shape = tensor["shape"]
    if not all(isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in shape):
        raise RequestRefused(400, f"{at}.shape {shape} must hold sizes of dimensions")
    flat = flatten(tensor["data"])
    if len(flat) != math.prod(shape) or not flat:
        raise RequestRefused(
            400, f"{at}.data has {len(flat)} elements, but shape {shape} needs {math.prod(shape)}"
        )
    wanted = str if tensor["datatype"] == "BYTES" else (int, float)
    if not all(isinstance(value, wanted) for value in flat):
        raise RequestRefused(400, f"{at}.data holds values that are not {tensor['datatype']}")
    return tensor


def output(name: str, values: Sequence[Json]) -> dict[str, Json]:
    """Make an output tensor of what a model answered, one value per element of the batch.

    Numbers and rectangular lists of numbers become a numeric tensor; all else becomes BYTES, texts as they
    are and objects as JSON.
    """
    shape = _shape(list(values))
    flat = flatten(list(values)) if shape is not None else []
    datatype = _datatype(flat)
    if shape is None or datatype is None:
        texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
        return {"name": name, "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    return {"name": name, "shape": shape, "datatype": datatype, "data": flat}


def _shape(value: Json) -> list[int] | None:
    """The dimensions of nested lists; None where they are not rectangular."""
    if not isinstance(value, list):
        return []
    inner = [_shape(item) for item in value]
    if any(shape is None or shape != inner[0] for shape in inner):
        return None
    return [len(value), *(inner[0] or [])] if inner else [0]


def _datatype(flat: Sequence[Json]) -> str | None:
    kinds = {type(value) for value in flat}
    if not kinds or kinds == {str}:
        return "BYTES"
    if kinds == {bool}:
        return "BOOL"
    if kinds == {int}:
        return "INT64"
    return "FP64" if kinds <= {int, float} else None


def text_of(raw: bytes) -> str:
    """The text that carries bytes in JSON: themselves where they are UTF-8 text, else base64.

    gRPC clients send an image's own bytes, REST clients base64: a PNG (0x89) and a JPEG (0xff) are never
    UTF-8, so a handler sees base64 either way, and a text stays a text.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode()
