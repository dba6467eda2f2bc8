"""The pack asked as the engine asks it: over the wire's bytes, without the engine and its connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from policies import analyzer
from policies.rule import Rule
from providers.rpc.envelope import Envelope, Message
from providers.rpc.server import snake_case


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

    def __init__(self, rules: Sequence[Rule], stack: str, config: Mapping[str, str] | None = None) -> None:
        self._served = analyzer.Analyzer(rules, {})
        self.call(
            "ConfigureStack", analyzer_pb2.AnalyzerStackConfigureRequest(stack=stack, config=config or {})
        )

    def call(self, name: str, request: Any) -> Any:
        """What the pack answers to an RPC."""
        method = self._served.service.methods_by_name[name]
        read = Envelope(method.input_type, foreign=True).decode(request.SerializeToString())
        answer: Message = getattr(self._served, snake_case(name))(read)
        written = Envelope(method.output_type).encode(answer)
        return getattr(analyzer_pb2, method.output_type.name, Struct).FromString(written)

    def analyze(self, sent: Sent) -> list[Any]:
        """What the pack says about one resource."""
        request = analyzer_pb2.AnalyzeRequest(
            type=sent.type,
            urn=sent.urn,
            name=sent.urn.rsplit("::", 1)[-1],
            properties=_struct(sent.properties),
            options=sent.options,
        )
        return list(self.call("Analyze", request).diagnostics)

    def remediate(self, token: str, urn: str, wired: Mapping[str, Any]) -> list[Any]:
        """What the pack makes of one resource."""
        request = analyzer_pb2.AnalyzeRequest(type=token, urn=urn, name="x", properties=_struct(wired))
        return list(self.call("Remediate", request).remediations)

    def analyze_stack(self, resources: Sequence[Sent]) -> list[Any]:
        """What the pack says about a stack."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_of_stack(sent) for sent in resources])
        return list(self.call("AnalyzeStack", request).diagnostics)

    def info(self) -> Any:
        """What the pack says about itself."""
        return self.call("GetAnalyzerInfo", Struct())


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


def _struct(wired: Mapping[str, Any]) -> Struct:
    return json_format.ParseDict(dict(wired), Struct())
