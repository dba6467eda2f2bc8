"""Protobuf's wire format, just the part that is needed to read and write messages by hand.

Fact: https://protobuf.dev/programming-guides/encoding. Wire types used by Pulumi's messages are 0 (varint), 1
(eight bytes), 2 (length and bytes) and 5 (four bytes).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

LENGTH_DELIMITED = 2
_FIXED = {1: 8, 5: 4}
_LONGEST_VARINT = 10


class WireError(ValueError):
    """The bytes are not a protobuf message."""


class Field(NamedTuple):
    """Where one field of a message lies: `start` is its tag, `begin` to `end` its payload."""

    number: int
    kind: int
    start: int
    begin: int
    end: int


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the unsigned varint at `position` and the position behind it.

    Raises:
        WireError: The data ends within the number, or the number is longer than ten bytes.
    """
    value = shift = 0
    for index in range(position, min(position + _LONGEST_VARINT, len(data))):
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, index + 1
        shift += 7
    raise WireError("a number is cut off or too long")


def varint(value: int) -> bytes:
    """Encode an unsigned integer."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def delimited(number: int, payload: bytes) -> bytes:
    """Encode a length-delimited field: a string, bytes or an embedded message."""
    return varint(number << 3 | LENGTH_DELIMITED) + varint(len(payload)) + payload


def fields(data: bytes) -> Iterator[Field]:
    """Iterate over the top-level fields of a message.

    Raises:
        WireError: The data is not a sequence of fields.
    """
    position = 0
    while position < len(data):
        tag, begin = read_varint(data, position)
        kind = tag & 7
        if kind == 0:
            _, end = read_varint(data, begin)
        elif kind == LENGTH_DELIMITED:
            size, begin = read_varint(data, begin)
            end = begin + size
        elif kind in _FIXED:
            end = begin + _FIXED[kind]
        else:
            raise WireError(f"wire type {kind} is not in use")
        if end > len(data):
            raise WireError("a field is cut off")
        yield Field(tag >> 3, kind, position, begin, end)
        position = end
