"""kubeClientSettings: how much the provider may ask of the API server.

Fact: provider/pkg/provider/provider.go of pulumi-kubernetes: the setting is JSON text in `variables`, each of
its fields falls back to an environment variable, and without either the official client keeps to 50
requests a second and 120 at once. Ours keeps to a limit only where one is asked for: the API server has its
own (priority and fairness), and the official default is why 500 updates take it 31 s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from providers.kubeclient.pace import UNLIMITED, Limits

NAME: Final = "kubeClientSettings"
_DEFAULTS: Final = {"qps": 50.0, "burst": 120.0}
_WANTED: Final = {
    "qps": "a number of requests a second",
    "burst": "a whole number of requests that may be sent at once",
    "timeout": "a whole number of seconds, at least 1",
}
_ENVIRONMENT: Final = {field: f"PULUMI_K8S_CLIENT_{field.upper()}" for field in _WANTED}


def limits_of(setting: Any, environment: Mapping[str, str]) -> tuple[Limits, list[str]]:
    """Read the setting: JSON text, a mapping, or None; returns the limits and what is wrong with it.

    A negative qps means no limit, as for the official client. With one of qps and burst given, the other has
    the official default.
    """
    found, problems = _mapping(setting)
    problems += [
        f"{NAME}.{key}: there is no such setting, only {', '.join(_WANTED)}"
        for key in sorted(found.keys() - _WANTED.keys())
    ]
    numbers: dict[str, float] = {}
    for field, variable in _ENVIRONMENT.items():
        given, where = found.get(field), f"{NAME}.{field}"
        if given is None:
            given, where = environment.get(variable) or None, variable
        if given is None:
            continue
        number = _number(given, whole=field != "qps")
        if number is None or (field == "timeout" and number < 1):
            problems.append(f"{where} is {given!r}, which is not {_WANTED[field]}")
        else:
            numbers[field] = number
    return _limits(numbers), problems


def _limits(numbers: Mapping[str, float]) -> Limits:
    if not numbers:
        return UNLIMITED
    paced = {**_DEFAULTS, **numbers} if {"qps", "burst"} & numbers.keys() else {"qps": -1.0, "burst": 1.0}
    qps = paced["qps"]
    return Limits(qps if qps > 0 else None, int(paced["burst"]), numbers.get("timeout"))


def _mapping(setting: Any) -> tuple[dict[str, Any], list[str]]:
    if isinstance(setting, str) and setting:
        try:
            setting = json.loads(setting)
        except ValueError:
            return {}, [f"{NAME} is not JSON"]
    if not setting:
        return {}, []
    if not isinstance(setting, Mapping):
        return {}, [f"{NAME} is not an object of {', '.join(_WANTED)}"]
    return dict(setting), []


def _number(value: Any, *, whole: bool) -> float | None:
    """Read a number as the official provider does; environment variables are text, so text is read, too."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if whole and not number.is_integer() else number
