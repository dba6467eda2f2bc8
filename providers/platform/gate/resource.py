"""Gate: a resource that exists once its checks hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from providers.platform.fields import Fields, read_all
from providers.platform.gate.check import Check
from providers.platform.gate.checks import read_check
from providers.platform.gate.wait import await_checks
from providers.platform.resource import Call, Found, Resource, Values

_HOUR = 3600


class Gate(Resource):
    """Opens when all its checks hold; looks again when its checks or triggers change."""

    computed = ("passed",)

    def check(self, inputs: Mapping[str, Any]) -> Values:
        given = {name: value for name, value in inputs.items() if value is not None}
        read_all(given, read_inputs)
        return {"triggers": [], "timeoutSeconds": 300, **given}

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        passed = self._wait(call, inputs)
        return passed[:12], {"passed": passed}

    def update(self, call: Call, identity: str, old: Values, new: Values, outputs: Values) -> Values:
        return {"passed": self._wait(call, new)}

    def read(self, call: Call, identity: str, inputs: Values, outputs: Values) -> Found | None:
        # What a gate waited for may well be broken now; the objects themselves tell that to a refresh.
        return Found(inputs, {"passed": outputs.get("passed")})

    def delete(self, call: Call, identity: str, inputs: Values, outputs: Values) -> None:
        """Nothing of a gate is on the cluster."""

    def _wait(self, call: Call, inputs: Values) -> str:
        checks = read_all(inputs, read_inputs)
        await_checks(call.work, call.connect(), checks, call.seconds or inputs["timeoutSeconds"])
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def read_inputs(fields: Fields) -> tuple[Check, ...]:
    """Read the inputs of a gate."""
    fields.only("checks", "triggers", "timeoutSeconds")
    checks = fields.items("checks", read_check)
    if not checks:
        fields.refuse("checks", "must hold at least one check")
    fields.text_list("triggers")
    fields.number("timeoutSeconds", 1, _HOUR, default=300)
    return checks
