"""The pack behind Pulumi's protocol for policies: `pulumirpc.Analyzer` of `proto/pulumi/analyzer.proto`.

The engine asks about every resource before it is made, in `preview` and again in `up`, and once about all of
them. The package pulumi-policy reads every resource once for each rule, and the whole stack once for each
rule over it: 2.4 s of processor time for the 500 resources of `bench.policies`, and 0.2 s here, where each is
read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policies.pack import NAME, VERSION, Configured, Pack, Told
from policies.rule import Level, Resource, Rule, Severity
from policies.run import Run, run_of
from policies.values import plain, returned, with_secrets
from providers.rpc import decode_struct
from providers.rpc.envelope import Message
from providers.rpc.protos import load
from providers.rpc.provider import Plugin, empty

(pb,) = load("analyzer_pb2")

_LEVELS = {
    Level.OFF: pb.DISABLED,
    Level.ADVISORY: pb.ADVISORY,
    Level.MANDATORY: pb.MANDATORY,
    Level.REMEDIATE: pb.REMEDIATE,
}
_CONFIGURED = {number: level for level, number in _LEVELS.items()}
_SEVERITIES = {
    Severity.LOW: pb.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: pb.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: pb.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: pb.POLICY_SEVERITY_CRITICAL,
}
_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", tuple: "array"}


class Analyzer(Plugin):
    """Answers the engine.

    Args:
        rules: The rules of the pack.
        variables: The process's environment.

    Raises:
        PlatformError: KSERVE_PLATFORM_ENVIRONMENT is no environment.
    """

    service = pb.DESCRIPTOR.services_by_name["Analyzer"]
    foreign = True

    def __init__(self, rules: Sequence[Rule], variables: Mapping[str, str]) -> None:
        super().__init__(NAME, VERSION)
        self._rules = rules
        self._variables = variables
        self._configured: dict[str, Configured] = {}
        # An engine that is older than ConfigureStack says in the environment which stack it is about.
        self._begin(run_of(variables))

    def configure_stack(self, request: Message) -> Message:
        """Which stack it is about, with its configuration: the first thing that an engine says."""
        self._begin(run_of(self._variables, request.fields.stack, request.fields.config))
        return Message(pb.AnalyzerStackConfigureResponse())

    def configure(self, request: Message) -> Message:
        """What `--policy-pack-config` says about each rule, on top of what the pack said of itself."""
        self._configured = {
            name: Configured(_CONFIGURED[one.enforcementLevel], _options(one.properties))
            for name, one in request.fields.policyConfig.items()
        }
        self._pack = Pack(self._rules, self._run, self._configured)
        return empty()

    def get_analyzer_info(self, request: Message) -> Message:
        """The rules, as strict as they are where nothing is configured."""
        unconfigured = Pack(self._rules, self._run)
        policies = [_described(rule, unconfigured.level(rule)) for rule in self._rules]
        return Message(pb.AnalyzerInfo(name=NAME, version=VERSION, supportsConfig=True, policies=policies))

    def analyze(self, request: Message) -> Message:
        """Judge a resource by its inputs."""
        if not self._pack.concerns(request.fields.type):
            return Message(pb.AnalyzeResponse())
        resource = _resource(request, plain)
        self._inputs[resource.urn] = resource.props
        return _response(self._pack.judge(resource))

    def analyze_stack(self, request: Message) -> Message:
        """Judge the stack by all that is known of its resources.

        Of an object whose cluster is only going to be made the engine tells in a preview that it will be
        there, and nothing else: it is judged by its inputs then.
        """
        resources = [_of_stack(one, self._inputs) for one in request.parts.get("resources", ())]
        return _response(self._pack.judge_stack(resources))

    def remediate(self, request: Message) -> Message:
        """Mend a resource."""
        if not self._pack.mends(request.fields.type):
            return Message(pb.RemediateResponse())
        mended = self._pack.mend(_resource(request, with_secrets))
        remediations = [
            Message(pb.Remediation(**_of_pack(rule)), {"properties": returned(better)})
            for rule, better in mended
        ]
        return Message(pb.RemediateResponse(), parts={"remediations": remediations})

    def _begin(self, run: Run) -> None:
        self._run = run
        self._pack = Pack(self._rules, run, self._configured)
        self._inputs: dict[str, Mapping[str, Any]] = {}


def _resource(request: Message, read: Callable[[Any], Any]) -> Resource:
    fields = request.fields
    return Resource(
        fields.type,
        fields.name,
        fields.urn,
        read(request.structs.get("properties", {})),
        protect=fields.options.protect,
        ignore_changes=tuple(fields.options.ignoreChanges),
        parent=fields.options.parent,
    )


def _of_stack(sent: Message, inputs: Mapping[str, Mapping[str, Any]]) -> Resource:
    fields, told = sent.fields, _resource(sent, plain)
    return replace(
        told,
        props=told.props or inputs.get(told.urn, {}),
        parent=fields.parent,
        dependencies=tuple(fields.dependencies),
        property_dependencies={
            name: tuple(found.urns) for name, found in fields.propertyDependencies.items()
        },
    )


def _response(told: Iterable[Told]) -> Message:
    return Message(pb.AnalyzeResponse(diagnostics=[_diagnostic(one) for one in told]))


def _diagnostic(told: Told) -> Any:
    return pb.AnalyzeDiagnostic(
        **_of_pack(told.rule),
        message=told.text,
        urn=told.urn,
        enforcementLevel=_LEVELS[told.level],
        severity=_SEVERITIES[told.rule.severity],
    )


def _of_pack(rule: Rule) -> dict[str, str]:
    return {
        "policyName": rule.id,
        "policyPackName": NAME,
        "policyPackVersion": VERSION,
        "description": rule.title,
    }


def _described(rule: Rule, level: Level) -> Any:
    described = pb.PolicyInfo(
        name=rule.id,
        description=rule.title,
        enforcementLevel=_LEVELS[level],
        severity=_SEVERITIES[rule.severity],
        remediation_steps="each violation says under `do` what to change",
        policy_type=pb.POLICY_TYPE_RESOURCE if rule.check else pb.POLICY_TYPE_STACK,
    )
    if rule.options:
        described.configSchema.properties.update(
            {name: {"type": _TYPES.get(type(default), "object")} for name, default in rule.options.items()}
        )
    return described


def _options(sent: Any) -> dict[str, Any]:
    """Options of a configuration, whole numbers as such."""
    return decode_struct(sent.SerializeToString())
