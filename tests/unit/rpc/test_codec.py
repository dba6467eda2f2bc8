"""The Struct codec, against protobuf's own classes and against values that those refuse."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.rpc import (
    UNKNOWN,
    CodecError,
    Output,
    Secret,
    decode_struct,
    encode_struct,
    has_unknowns,
    reveal,
)
from providers.rpc.codec import MAX_DEPTH
from tests.unit.rpc.anyjson import any_object

_SEEDS = st.integers(0, 2**64)
_WHOLE = st.integers(-(2**53), 2**53)
_SCALARS = st.one_of(st.none(), st.booleans(), _WHOLE, st.floats(allow_nan=False), st.text())
_ODD = st.dictionaries(st.text(max_size=8), st.one_of(_SCALARS, st.lists(_SCALARS, max_size=3)), max_size=4)


def _with_marks(random: Random, value: Any) -> Any:
    choice = random.randrange(12)
    return UNKNOWN if choice == 0 else Secret(value) if choice == 1 else value


@settings(max_examples=2500, deadline=None)
@given(_SEEDS)
def test_any_value_with_secrets_and_unknowns_survives_the_wire(seed: int) -> None:
    value = any_object(seed, _with_marks)

    assert decode_struct(encode_struct(value)) == value


@settings(max_examples=2500, deadline=None)
@given(_SEEDS)
def test_our_bytes_mean_to_protobuf_what_they_mean_to_us(seed: int) -> None:
    value = any_object(seed)
    expected = struct_pb2.Struct()
    json_format.ParseDict(value, expected)

    theirs = struct_pb2.Struct.FromString(encode_struct(value))

    assert theirs == expected
    assert decode_struct(theirs.SerializeToString()) == value


@settings(max_examples=300, deadline=None)
@given(_ODD)
def test_odd_texts_and_numbers_survive_the_wire(value: dict[str, Any]) -> None:
    assert decode_struct(encode_struct(value)) == value


def test_whole_numbers_become_integers_again() -> None:
    answer = decode_struct(encode_struct({"replicas": 1.0, "ratio": 0.5, "huge": 1e300}))

    assert [type(item) for item in answer.values()] == [int, float, float]


def test_objects_three_times_deeper_than_protobuf_allows_survive() -> None:
    value: Any = "leaf"
    for _ in range(100):
        value = {"a": [value]}

    assert decode_struct(encode_struct({"root": value})) == {"root": value}


def test_nesting_without_end_is_refused_with_its_path() -> None:
    value: Any = "leaf"
    for _ in range(MAX_DEPTH + 1):
        value = {"a": value}

    with pytest.raises(CodecError) as caught:
        encode_struct({"root": value})
    assert str(caught.value).startswith("root.a.a.")
    assert str(caught.value).endswith(f"nested deeper than {MAX_DEPTH} levels")


def test_an_asset_is_refused_where_it_stands() -> None:
    asset = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}

    with pytest.raises(CodecError) as caught:
        decode_struct(encode_struct({"data": {"files": [asset]}}))
    assert str(caught.value) == "data.files[0]: an asset is not supported; give the content itself"


def test_an_asset_of_others_stays_what_it_is_on_the_wire() -> None:
    asset = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}
    properties = {"data": {"files": [asset]}, "key": Secret("s")}

    assert decode_struct(encode_struct(properties), foreign=True) == properties


def test_a_value_that_json_does_not_have_is_refused_where_it_stands() -> None:
    with pytest.raises(CodecError) as caught:
        encode_struct({"data": [{"when": object()}]})
    assert str(caught.value) == "data[0].when: a object is not a property value"


@pytest.mark.parametrize("cut", range(1, 30, 3))
def test_truncated_bytes_are_refused_or_end_early_but_never_crash(cut: int) -> None:
    whole = encode_struct({"key": {"number": 2.5, "text": "abc", "list": [1, True, None]}})

    with pytest.raises(CodecError) as caught:
        decode_struct(whole[:-cut])
    assert str(caught.value).startswith("malformed properties: ")


def test_an_output_value_carries_its_dependencies() -> None:
    value = {
        "a": Output("x", secret=True, dependencies=("urn:a", "urn:b")),
        "b": Output(UNKNOWN, dependencies=("urn:c",)),
    }

    assert decode_struct(encode_struct(value)) == value
    assert reveal(value) == {"a": "x", "b": UNKNOWN}
    assert has_unknowns(value)


def test_a_secret_does_not_show_in_its_repr() -> None:
    assert repr({"password": Secret("hunter2")}) == "{'password': Secret(...)}"
