"""Pulumi's own pack machinery, asked as the engine asks it, without the engine and its connection.

The servicer's class is private to the SDK: this is the one place that knows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi_policy
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.pack import NAME, policies_of
from policies.rule import Rule
from policies.run import run_of


@dataclass(frozen=True)
class Sent:
    """A resource as the engine sends it.

    Attributes:
        type: Type token.
        urn: Its URN.
        properties: Its properties as they are sent.
        protect: Whether Pulumi refuses to delete it.
        ignore_changes: Property paths whose changes do not matter.
        parent: URN of its parent; empty for none.
        dependencies: URNs that it depends on.
        property_dependencies: The same, by the top property that the dependency came with.
    """

    type: str
    urn: str
    properties: Mapping[str, Any]
    protect: bool = False
    ignore_changes: Sequence[str] = ()
    parent: str = ""
    dependencies: Sequence[str] = ()
    property_dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def options(self) -> analyzer_pb2.AnalyzerResourceOptions:
        """Its options."""
        return analyzer_pb2.AnalyzerResourceOptions(
            protect=self.protect, ignoreChanges=self.ignore_changes, parent=self.parent
        )


class Analyzer:
    """The pack for one stack."""

    def __init__(self, rules: Sequence[Rule], stack: str) -> None:
        self._servicer = _PolicyAnalyzerServicer(
            NAME,
            "0.1.0",
            policies_of(rules, run_of({"PULUMI_STACK": stack})),
            pulumi_policy.EnforcementLevel.ADVISORY,
        )

    def analyze(self, sent: Sent) -> list[Any]:
        """What the pack says about one resource."""
        request = analyzer_pb2.AnalyzeRequest(
            type=sent.type,
            urn=sent.urn,
            name=sent.urn.rsplit("::", 1)[-1],
            properties=_struct(sent.properties),
            options=sent.options,
        )
        return list(self._servicer.Analyze(request, None).diagnostics)

    def remediate(self, token: str, urn: str, wired: Mapping[str, Any]) -> list[Any]:
        """What the pack makes of one resource."""
        request = analyzer_pb2.AnalyzeRequest(type=token, urn=urn, name="x", properties=_struct(wired))
        return list(self._servicer.Remediate(request, None).remediations)

    def analyze_stack(self, resources: Sequence[Sent]) -> list[Any]:
        """What the pack says about a stack."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_of_stack(sent) for sent in resources])
        return list(self._servicer.AnalyzeStack(request, None).diagnostics)

    def info(self) -> Any:
        """What the pack says about itself."""
        return self._servicer.GetAnalyzerInfo(None, None)


def _of_stack(sent: Sent) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=sent.type,
        urn=sent.urn,
        name=sent.urn.rsplit("::", 1)[-1],
        properties=_struct(sent.properties),
        options=sent.options,
        parent=sent.parent,
        dependencies=sent.dependencies,
        propertyDependencies={
            name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for name, urns in sent.property_dependencies.items()
        },
    )


def _struct(wired: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(wired), struct_pb2.Struct())
