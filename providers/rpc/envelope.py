"""Messages whose Structs are read and written by our codec and whose other fields by protobuf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

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
        parts: The messages of repeated fields that have Structs themselves, by field name.
    """

    fields: Any
    structs: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    parts: Mapping[str, Sequence[Message]] = field(default_factory=dict)


class Envelope:
    """Reads and writes messages of one type.

    Args:
        descriptor: The type.
        foreign: Leave assets, archives and resource references as they are on the wire.
    """

    def __init__(self, descriptor: Descriptor, *, foreign: bool = False) -> None:
        self.type: Any = message_factory.GetMessageClass(descriptor)
        self._foreign = foreign
        self._structs = {one.number: one.name for one in descriptor.fields if _is_struct(one)}
        self._parts = {
            one.number: (one.name, Envelope(one.message_type, foreign=foreign))
            for one in descriptor.fields
            if one.label == one.LABEL_REPEATED
            and one.message_type is not None
            and any(_is_struct(inner) for inner in one.message_type.fields)
        }
        self._numbers = {name: number for number, name in self._structs.items()}
        self._numbers |= {name: number for number, (name, _) in self._parts.items()}

    def decode(self, data: bytes) -> Message:
        """Read a message.

        Raises:
            CodecError: A Struct holds what the codec refuses; the path begins with the field's name.
        """
        rest = bytearray()
        structs: dict[str, dict[str, Any]] = {}
        parts: dict[str, list[Message]] = {}
        for number, kind, start, begin, end in wire_fields(data):
            if kind == LENGTH_DELIMITED and number in self._structs:
                name = self._structs[number]
                try:
                    structs[name] = decode_struct(data[begin:end], foreign=self._foreign)
                except CodecError as error:
                    raise error.within(name) from None
            elif kind == LENGTH_DELIMITED and number in self._parts:
                name, envelope = self._parts[number]
                parts.setdefault(name, []).append(envelope.decode(data[begin:end]))
            else:
                rest += data[start:end]
        return Message(self.type.FromString(bytes(rest)), structs, parts)

    def encode(self, message: Message) -> bytes:
        """Write a message.

        Raises:
            CodecError: A Struct holds a value that is no property value.
        """
        encoded: bytes = message.fields.SerializeToString()
        written = [encoded]
        for name, value in message.structs.items():
            try:
                written.append(delimited(self._numbers[name], encode_struct(value)))
            except CodecError as error:
                raise error.within(name) from None
        for name, inner in message.parts.items():
            envelope = self._parts[self._numbers[name]][1]
            written += (delimited(self._numbers[name], envelope.encode(one)) for one in inner)
        return b"".join(written)


def _is_struct(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name == _STRUCT
