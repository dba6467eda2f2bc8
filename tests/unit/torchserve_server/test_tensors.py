"""Tensors of the v2 protocol: checked, split, and made of plain answers."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.torchserve import tensors
from servers.torchserve.problems import RequestRefused

TENSOR = {"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3, 4]}

KNOWN = "BOOL, BYTES, FP16, FP32, FP64, INT16, INT32, INT64, INT8, UINT16, UINT32, UINT64, UINT8"

shapes = st.lists(st.integers(1, 4), max_size=4)


@given(shapes)
def test_folding_flat_data_and_flattening_it_again_changes_nothing(shape: list[int]) -> None:
    flat = list(range(math.prod(shape)))
    assert tensors.flatten(tensors.nest(flat, shape)) == flat


@given(shapes.filter(bool))
def test_an_answer_of_nested_numbers_keeps_its_shape(shape: list[int]) -> None:
    values = tensors.nest([float(i) for i in range(math.prod(shape))], shape)
    made = tensors.output("y", values)
    assert (made["shape"], made["datatype"]) == (shape, "FP64")
    assert tensors.nest(made["data"], shape) == values


@pytest.mark.parametrize(
    ("values", "shape", "datatype", "data"),
    [
        ([2], [1], "INT64", [2]),
        ([1, 2.5], [2], "FP64", [1, 2.5]),
        ([True, False], [2], "BOOL", [True, False]),
        (["a", "b"], [2], "BYTES", ["a", "b"]),
        ([{"cat": 0.9}], [1], "BYTES", ['{"cat": 0.9}']),
        ([[1, 2], [3]], [2], "BYTES", ["[1, 2]", "[3]"]),
        ([1, "a"], [2], "BYTES", ["1", "a"]),
        ([[[0.5], [0.25]]], [1, 2, 1], "FP64", [0.5, 0.25]),
    ],
)
def test_answers_become_the_tensor_that_holds_them(
    values: list[Any], shape: list[int], datatype: str, data: list[Any]
) -> None:
    assert tensors.output("y", values) == {"name": "y", "shape": shape, "datatype": datatype, "data": data}


def test_the_first_dimension_is_the_batch() -> None:
    assert tensors.instances(TENSOR) == [[1, 2], [3, 4]]
    assert tensors.instances({**TENSOR, "data": [[1, 2], [3, 4]]}) == [[1, 2], [3, 4]]
    assert tensors.batch_size(TENSOR) == 2


def test_a_tensor_without_dimensions_is_one_instance() -> None:
    scalar = {**TENSOR, "shape": [], "data": [7]}
    assert (tensors.instances(scalar), tensors.batch_size(scalar)) == ([7], 1)


def test_each_text_is_an_instance() -> None:
    texts = {"name": "x", "datatype": "BYTES", "shape": [2, 1], "data": [["a"], ["b"]]}
    assert (tensors.instances(texts), tensors.batch_size(texts)) == (["a", "b"], 2)


def test_the_form_of_kserves_own_sample_is_accepted() -> None:
    sample = {"name": "x", "datatype": "BYTES", "shape": -1, "data": "aGVsbG8="}
    assert tensors.checked(sample, "inputs[0]") == {**sample, "shape": [1], "data": ["aGVsbG8="]}


def test_a_checked_tensor_is_another_object() -> None:
    assert tensors.checked(TENSOR, "inputs[0]") == TENSOR
    assert tensors.checked(TENSOR, "inputs[0]") is not TENSOR


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (3, "inputs[1] must be an object with name, shape, datatype and data"),
        ({}, "inputs[1].name must be a string"),
        ({**TENSOR, "datatype": 1}, "inputs[1].datatype must be a string"),
        ({**TENSOR, "shape": 4}, "inputs[1].shape must be a list"),
        ({**TENSOR, "data": {}}, "inputs[1].data must be a list"),
        (
            {**TENSOR, "datatype": "FP99"},
            f'inputs[1].datatype "FP99" is not one of {KNOWN}',
        ),
        ({**TENSOR, "shape": [2, -2]}, "inputs[1].shape [2, -2] must hold sizes of dimensions"),
        ({**TENSOR, "shape": [True]}, "inputs[1].shape [True] must hold sizes of dimensions"),
        ({**TENSOR, "shape": [5]}, "inputs[1].data has 4 elements, but shape [5] needs 5"),
        ({**TENSOR, "shape": [0], "data": []}, "inputs[1].data has 0 elements, but shape [0] needs 0"),
        ({**TENSOR, "data": [1, 2, 3, "4"]}, "inputs[1].data holds values that are not FP32"),
        ({**TENSOR, "datatype": "BYTES"}, "inputs[1].data holds values that are not BYTES"),
    ],
)
def test_what_is_no_tensor_is_refused(tensor: Any, message: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        tensors.checked(tensor, "inputs[1]")
    assert (caught.value.status, caught.value.message) == (400, message)


def test_bytes_travel_as_text_where_they_are_text_and_as_base64_where_not() -> None:
    assert tensors.text_of("grüß".encode()) == "grüß"
    assert tensors.text_of(b"\x89PNG") == "iVBORw=="
    assert tensors.text_of(b"\xff\xd8\xff") == "/9j/"
