"""Between the values of Pulumi's pack machinery and plain ones: unknowns, secrets and whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import proxy, secret

from policies.secret import Secret
from policies.unknown import UNKNOWN

# What stands for an unknown value where nothing checks for it: what a remediation is given.
_SENTINELS = frozenset(text for name, text in vars(proxy).items() if name.startswith("UNKNOWN_"))
_RAW = "__target"


def plain(value: Any) -> Any:
    """A value as rules see it. Reading an unknown part through the machinery's proxies raises."""
    if isinstance(value, secret.Secret):
        return Secret(plain(value.value))
    if isinstance(value, str):
        return UNKNOWN if value in _SENTINELS else value
    if isinstance(value, Mapping):
        return {key: _part(value, key) for key in value}
    if isinstance(value, Sequence):
        return [_part(value, index) for index in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def with_secrets(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties that a remediation is given: below their proxies the machinery keeps what is secret."""
    return {key: _bare(value) for key, value in _unproxied(properties).items()}


def _part(value: Any, key: Any) -> Any:
    try:
        return plain(value[key])
    except proxy.UnknownValueError:
        return UNKNOWN


def _bare(value: Any) -> Any:
    value = _unproxied(value)
    if isinstance(value, secret.Secret):
        return Secret(_bare(value.value))
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    return plain(value) if isinstance(value, str | float) else value


def _unproxied(value: Any) -> Any:
    proxied = isinstance(value, Mapping | Sequence) and not isinstance(value, dict | list | str | bytes)
    return value[_RAW] if proxied else value


def returned(value: Any) -> Any:
    """A value as the machinery takes it back from a remediation."""
    if value is UNKNOWN:
        return proxy.UNKNOWN_STRING_VALUE
    if isinstance(value, Secret):
        return secret.Secret(returned(value.value))
    if isinstance(value, Mapping):
        return {key: returned(inner) for key, inner in value.items()}
    return [returned(inner) for inner in value] if isinstance(value, list | tuple) else value
