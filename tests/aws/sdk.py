"""What the SDK of AWS says of a type's inputs and outputs, and whether properties on the wire agree with it.

The SDK is generated from the provider's own schema, which cannot be had here without the provider.
"""

from __future__ import annotations

import collections.abc
import inspect
import sys
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any

import pulumi_aws
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

_OUTPUT = "pulumi.output.Output"


@cache
def resource_class(token: str) -> type:
    """The class of a type, e.g. `aws:eks/nodeGroup:NodeGroup`."""
    _, where, name = token.split(":")
    # By way of its package: one module imported past the SDK's lazy loader leaves the others without names.
    found: type = getattr(getattr(pulumi_aws, where.split("/")[0]), name)
    return found


@cache
def inputs_class(token: str) -> type:
    """The class of a type's inputs: `Args`, or `InitArgs` where the other name is taken."""
    resource = resource_class(token)
    module = sys.modules[resource.__module__]
    names = [f"{resource.__name__}{ending}" for ending in ("InitArgs", "Args")]
    found: type = next(getattr(module, name) for name in names if hasattr(module, name))
    return found


@cache
def outputs_of(token: str) -> frozenset[str]:
    """Names of the outputs of a type."""
    members = vars(resource_class(token)).values()
    getters = [member.fget for member in members if isinstance(member, property)]
    return frozenset(str(getattr(getter, "_pulumi_name", "")) for getter in getters)


def disagreements(token: str, inputs: Mapping[str, Any], unknown: object) -> list[tuple[str, str]]:
    """Where inputs are not what a type takes: path and reason.

    Args:
        token: The type.
        inputs: Its properties.
        unknown: Stands for what is not known yet, and agrees with everything.
    """
    return list(_of_class(inputs_class(token), inputs, unknown, ""))


def _of_class(cls: type, value: Any, unknown: object, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield path, f"must be an object, is {type(value).__name__}"
        return
    types = input_type_types(cls)
    for name in sorted(_required(cls) - set(value)):
        yield _below(path, name), "is required"
    for name, inner in value.items():
        if name not in types:
            yield _below(path, name), f"is none of {', '.join(sorted(types))}"
        elif inner is not None:
            yield from _of_type(types[name], inner, unknown, _below(path, name))


def _required(cls: type) -> set[str]:
    names = input_type_py_to_pulumi_names(cls)
    parameters = inspect.signature(cls).parameters
    return {pulumi for py, pulumi in names.items() if parameters[py].default is inspect.Parameter.empty}


def _below(path: str, name: str | int) -> str:
    return f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}".lstrip(".")


def _of_type(wanted: Any, value: Any, unknown: object, path: str) -> Iterator[tuple[str, str]]:
    wanted = _plain(wanted)
    if value is unknown or wanted is Any:
        return
    origin = typing.get_origin(wanted)
    if origin is collections.abc.Sequence:
        yield from _of_list(wanted, value, unknown, path)
    elif origin is collections.abc.Mapping:
        yield from _of_map(wanted, value, unknown, path)
    elif is_input_type(wanted):
        yield from _of_class(wanted, value, unknown, path)
    elif not _fits(wanted, value):
        yield path, f"must be {wanted.__name__}, is {type(value).__name__}"


def _of_list(wanted: Any, value: Any, unknown: object, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield path, f"must be a list, is {type(value).__name__}"
        return
    for index, inner in enumerate(value):
        yield from _of_type(typing.get_args(wanted)[0], inner, unknown, _below(path, index))


def _of_map(wanted: Any, value: Any, unknown: object, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield path, f"must be an object, is {type(value).__name__}"
        return
    for key, inner in value.items():
        yield from _of_type(typing.get_args(wanted)[1], inner, unknown, _below(path, key))


def _plain(wanted: Any) -> Any:
    """The type itself, out of what may also be awaited or an output."""
    if typing.get_origin(wanted) not in {typing.Union, UnionType}:
        return wanted
    choices = [
        choice
        for choice in typing.get_args(wanted)
        if choice is not type(None)
        and not str(choice).startswith((_OUTPUT, "typing.Awaitable", "collections.abc.Awaitable"))
        and typing.get_origin(choice) is not collections.abc.Awaitable
    ]
    # Enumerations of the SDK stand beside the text that they are; the text is what is sent.
    plain = [choice for choice in choices if choice in {str, int, float, bool}]
    return (plain or choices)[0]


def _fits(wanted: Any, value: Any) -> bool:
    if wanted is bool or isinstance(value, bool):
        return wanted is bool and isinstance(value, bool)
    return isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
