"""Departure: a gate of the end. Its deletion waits until its checks hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from components.errors import PlatformError, Problem
from providers.platform.fields import read_all
from providers.platform.gate.resource import read_inputs
from providers.platform.gate.wait import await_checks
from providers.platform.resource import Call, Found, Resource, Values

_ADVICE = (
    "delete what nobody deleted with kubectl; for the others ask their controller's log. "
    "Then run the command again: it goes on from here"
)


class Departure(Resource):
    """Holds back the deletion of what it depends on until others have tidied up.

    Kubernetes deletes in the background what belongs to a deleted object, and the engine sees the object
    alone. Whoever must act on those deletions would be taken away in the meantime.
    """

    def check(self, inputs: Mapping[str, Any]) -> Values:
        given = {name: value for name, value in inputs.items() if value is not None}
        read_all(given, read_inputs)
        return {"triggers": [], "timeoutSeconds": 300, **given}

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12], {}

    def update(self, call: Call, identity: str, old: Values, new: Values, outputs: Values) -> Values:
        return {}

    def read(self, call: Call, identity: str, inputs: Values, outputs: Values) -> Found | None:
        return Found(inputs, {})

    def delete(self, call: Call, identity: str, inputs: Values, outputs: Values) -> None:
        checks = read_all(inputs, read_inputs)
        seconds = call.seconds or inputs["timeoutSeconds"]
        try:
            await_checks(call.work, call.connect(), checks, seconds, "What it waits for was not gone")
        except PlatformError as error:
            raise type(error)(*(_advised(problem) for problem in error.problems)) from None


def _advised(problem: Problem) -> Problem:
    return problem if problem.fix else Problem(what=problem.what, why=problem.why, fix=_ADVICE)
