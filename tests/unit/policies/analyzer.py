"""Pulumi's own pack machinery, asked as the engine asks it, without the engine and its connection.

The servicer's class is private to the SDK: this is the one place that knows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_policy
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.pack import NAME, policies_of
from policies.rule import Rule


class Analyzer:
    """The pack for one stack."""

    def __init__(self, rules: Sequence[Rule], stack: str) -> None:
        self._servicer = _PolicyAnalyzerServicer(
            NAME, "0.1.0", policies_of(rules, stack), pulumi_policy.EnforcementLevel.ADVISORY
        )

    def analyze(self, token: str, urn: str, wired: Mapping[str, Any]) -> list[Any]:
        """What the pack says about one resource, given its properties as they are sent."""
        request = analyzer_pb2.AnalyzeRequest(
            type=token, urn=urn, name=urn.rsplit("::", 1)[-1], properties=_struct(wired)
        )
        return list(self._servicer.Analyze(request, None).diagnostics)

    def remediate(self, token: str, urn: str, wired: Mapping[str, Any]) -> list[Any]:
        """What the pack makes of one resource."""
        request = analyzer_pb2.AnalyzeRequest(type=token, urn=urn, name="x", properties=_struct(wired))
        return list(self._servicer.Remediate(request, None).remediations)

    def analyze_stack(self, resources: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[Any]:
        """What the pack says about a stack of (type, URN, properties)."""
        sent = [
            analyzer_pb2.AnalyzerResource(
                type=token, urn=urn, name=urn.rsplit("::", 1)[-1], properties=_struct(wired)
            )
            for token, urn, wired in resources
        ]
        request = analyzer_pb2.AnalyzeStackRequest(resources=sent)
        return list(self._servicer.AnalyzeStack(request, None).diagnostics)

    def info(self) -> Any:
        """What the pack says about itself."""
        return self._servicer.GetAnalyzerInfo(None, None)


def _struct(wired: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(wired), struct_pb2.Struct())
