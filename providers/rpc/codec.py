"""google.protobuf.Struct to Python and back, by hand.

Why not protobuf's own classes: they refuse messages nested deeper than 100, a JSON level costs three, and
cert-manager's Challenge CRD is deeper ("DecodeError: Error parsing message"); they are also three times
slower.

Pulumi puts special values into a Struct: a secret, an output or an asset is an object with a signature
under a magic key, an unknown value is a magic string. Numbers are doubles on the wire, so whole ones become
`int` again: `replicas: 1.0` is refused by an API server. Whole numbers above 2**53 lose digits on the wire,
in every provider.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from providers.rpc.values import UNKNOWN, Output, Secret, Unknown
from providers.rpc.wire import WireError, read_varint, varint

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a signature, not a secret
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFUSED: Final = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
    "5cf8f73096256a8f31e491e813e4eb8e": "a resource reference",
}
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_TEXTS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
    }
)
MAX_DEPTH: Final = 256
_EXACT: Final = 2.0**53
_NULL: Final = b"\x08\x00"
_TRUE: Final = b"\x20\x01"
_FALSE: Final = b"\x20\x00"
_double = struct.Struct("<d")


class CodecError(ValueError):
    """A value that cannot cross the wire.

    Attributes:
        reason: What is wrong with it.
        path: Keys and indices that lead to it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str | int] = []

    def within(self, step: str | int) -> CodecError:
        """Note one more step of the path while the error travels outward."""
        self.path.insert(0, step)
        return self

    def __str__(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        shown = where if len(where) <= 200 else f"{where[:120]}...{where[-60:]}"
        return f"{shown.lstrip('.')}: {self.reason}" if shown else self.reason


def decode_struct(data: bytes, *, foreign: bool = False) -> dict[str, Any]:
    """Decode the bytes of a Struct.

    Args:
        data: The bytes.
        foreign: Leave assets, archives and resource references as the objects that they are on the wire,
            instead of refusing them: for who reads resources of others, and gives them back as they were.

    Raises:
        CodecError: The bytes are malformed, nested deeper than `MAX_DEPTH`, or hold an asset, an archive or a
            resource reference.
    """
    try:
        return _struct(data, 0, len(data), 0, foreign)
    except (WireError, IndexError, struct.error, UnicodeDecodeError) as error:
        raise CodecError(f"malformed properties: {error}") from error


def _struct(data: bytes, position: int, end: int, depth: int, foreign: bool) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH} levels")
    result: dict[str, Any] = {}
    while position < end:
        stop, position = _embedded(data, position, end, 0x0A)
        key, value = "", None
        while position < stop:
            tag = data[position]
            begin = position
            position, begin = _embedded(data, begin, stop, tag)
            if tag == 0x0A:
                key = data[begin:position].decode()
            elif tag == 0x12:
                try:
                    value = _value(data, begin, position, depth, foreign)
                except CodecError as error:
                    raise error.within(key) from None
        result[key] = value
    return result


def _embedded(data: bytes, position: int, end: int, tag: int) -> tuple[int, int]:
    """Return the end and the begin of the length-delimited field at `position`."""
    if data[position] != tag or tag & 7 != 2:
        raise WireError(f"tag {data[position]} is not expected here")
    size = data[position + 1]
    begin = position + 2
    if size > 0x7F:
        size, begin = read_varint(data, position + 1)
    if begin + size > end:
        raise WireError("a field is cut off")
    return begin + size, begin


def _value(data: bytes, position: int, end: int, depth: int, foreign: bool) -> Any:
    result: Any = None
    while position < end:
        tag = data[position]
        if tag == 0x11:
            number = _double.unpack_from(data, position + 1)[0]
            result = int(number) if number.is_integer() and -_EXACT <= number <= _EXACT else number
            position += 9
        elif tag == 0x20:
            flag, position = read_varint(data, position + 1)
            result = flag != 0
        elif tag == 0x08:
            _, position = read_varint(data, position + 1)
            result = None
        else:
            stop, begin = _embedded(data, position, end, tag)
            result = _compound(tag, data, begin, stop, depth, foreign)
            position = stop
    return result


def _compound(tag: int, data: bytes, begin: int, end: int, depth: int, foreign: bool) -> Any:
    if tag == 0x1A:
        text = data[begin:end].decode()
        return UNKNOWN if text in _UNKNOWN_TEXTS else text
    if tag == 0x2A:
        found = _struct(data, begin, end, depth + 1, foreign)
        return _special(found, foreign) if SIGNATURE in found else found
    if tag == 0x32:
        return _list(data, begin, end, depth + 1, foreign)
    raise WireError(f"tag {tag} is not expected here")


def _list(data: bytes, position: int, end: int, depth: int, foreign: bool) -> list[Any]:
    if depth > MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH} levels")
    result: list[Any] = []
    while position < end:
        stop, begin = _embedded(data, position, end, 0x0A)
        try:
            result.append(_value(data, begin, stop, depth, foreign))
        except CodecError as error:
            raise error.within(len(result)) from None
        position = stop
    return result


def _special(found: dict[str, Any], foreign: bool) -> Any:
    signature = found[SIGNATURE]
    if signature == SECRET:
        return Secret(found.get("value"))
    if signature == OUTPUT:
        dependencies = tuple(found.get("dependencies") or ())
        return Output(found.get("value", UNKNOWN), bool(found.get("secret")), dependencies)
    if foreign:
        return found
    raise CodecError(
        f"{_REFUSED.get(signature, 'a value of an unknown kind')} is not supported; give the content itself"
    )


def encode_struct(value: dict[str, Any]) -> bytes:
    """Encode an object as the bytes of a Struct.

    Raises:
        CodecError: A value is of a type that JSON does not have, or nested deeper than `MAX_DEPTH`.
    """
    return _encode_struct(value, 0)


def _encode_struct(value: dict[str, Any], depth: int) -> bytes:
    if depth > MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH} levels")
    parts: list[bytes] = []
    for key, item in value.items():
        if not isinstance(key, str):
            raise CodecError(f"a key is a {type(key).__name__}, not a string")
        try:
            payload = _encode_value(item, depth)
        except CodecError as error:
            raise error.within(key) from None
        name = key.encode()
        entry = b"\x0a" + varint(len(name)) + name + b"\x12" + varint(len(payload)) + payload
        parts += (b"\x0a", varint(len(entry)), entry)
    return b"".join(parts)


def _encode_value(value: Any, depth: int) -> bytes:
    if isinstance(value, str):
        text = value.encode()
        return b"\x1a" + varint(len(text)) + text
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if value is None:
        return _NULL
    if isinstance(value, (int, float)):
        return b"\x11" + _double.pack(value)
    if isinstance(value, dict):
        payload = _encode_struct(value, depth + 1)
        return b"\x2a" + varint(len(payload)) + payload
    if isinstance(value, (list, tuple)):
        payload = _encode_list(value, depth + 1)
        return b"\x32" + varint(len(payload)) + payload
    return _encode_marked(value, depth)


def _encode_list(value: list[Any] | tuple[Any, ...], depth: int) -> bytes:
    if depth > MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH} levels")
    parts: list[bytes] = []
    for index, item in enumerate(value):
        try:
            payload = _encode_value(item, depth)
        except CodecError as error:
            raise error.within(index) from None
        parts += (b"\x0a", varint(len(payload)), payload)
    return b"".join(parts)


def _encode_marked(value: Any, depth: int) -> bytes:
    if isinstance(value, Unknown):
        return _encode_value(UNKNOWN_TEXT, depth)
    if isinstance(value, Secret):
        return _encode_value({SIGNATURE: SECRET, "value": value.value}, depth)
    if isinstance(value, Output):
        marked: dict[str, Any] = {SIGNATURE: OUTPUT, "secret": value.secret}
        if value.value is not UNKNOWN:
            marked["value"] = value.value
        if value.dependencies:
            marked["dependencies"] = list(value.dependencies)
        return _encode_value(marked, depth)
    raise CodecError(f"a {type(value).__name__} is not a property value")
