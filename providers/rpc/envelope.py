"""Messages whose Structs are read and written by our codec and whose other fields by protobuf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor

from providers.rpc.codec import CodecError, decode_struct, encode_struct
from providers.rpc.wire import LENGTH_DELIMITED, delimited
from providers.rpc.wire import fields as wire_fields

_STRUCT = "google.protobuf.Struct"


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        fields: The protobuf message without its Structs.
        structs: The Structs that were set, by field name; one that was not sent is absent.
    """

    fields: Any
    structs: Mapping[str, dict[str, Any]] = field(default_factory=dict)


class Envelope:
    """Reads and writes messages of one type."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.type: Any = message_factory.GetMessageClass(descriptor)
        self._structs = {
            one.number: one.name
            for one in descriptor.fields
            if one.message_type is not None and one.message_type.full_name == _STRUCT
        }
        self._numbers = {name: number for number, name in self._structs.items()}

    def decode(self, data: bytes) -> Message:
        """Read a message.

        Raises:
            CodecError: A Struct holds what the codec refuses; the path begins with the field's name.
        """
        rest = bytearray()
        structs: dict[str, dict[str, Any]] = {}
        for number, kind, start, begin, end in wire_fields(data):
            name = self._structs.get(number)
            if name is None or kind != LENGTH_DELIMITED:
                rest += data[start:end]
                continue
            try:
                structs[name] = decode_struct(data[begin:end])
            except CodecError as error:
                raise error.within(name) from None
        return Message(self.type.FromString(bytes(rest)), structs)

    def encode(self, message: Message) -> bytes:
        """Write a message.

        Raises:
            CodecError: A Struct holds a value that is no property value.
        """
        encoded: bytes = message.fields.SerializeToString()
        parts = [encoded]
        for name, value in message.structs.items():
            try:
                parts.append(delimited(self._numbers[name], encode_struct(value)))
            except CodecError as error:
                raise error.within(name) from None
        return b"".join(parts)
