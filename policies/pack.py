"""From our rules to Pulumi's policies: levels by the stack's environment, findings as messages.

The engine asks the pack about every resource before it is made, in `preview` and again in `up`. What a rule
cannot judge in a preview becomes one advisory line after everything else that it found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as PulumiSeverity
from pulumi_policy.policy import PolicyResource
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from policies.rule import Context, Finding, Level, Resource, Rule
from policies.run import Run
from policies.values import plain, returned, with_secrets

NAME = "kserve-platform"

_LEVELS = {
    Level.OFF: EnforcementLevel.DISABLED,
    Level.ADVISORY: EnforcementLevel.ADVISORY,
    Level.MANDATORY: EnforcementLevel.MANDATORY,
    Level.REMEDIATE: EnforcementLevel.REMEDIATE,
}
_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", tuple: "array"}


class NotYetKnown(UnknownValueError):
    """Ends a policy with an advisory line, the only way that the machinery has to say less than it may."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.message = "; ".join(f"{one.where} of {one.urn} cannot be judged until up" for one in findings)


def policies_of(rules: Sequence[Rule], run: Run) -> list[Policy]:
    """The rules as policies of a pack for one run."""
    return [policy_of(rule, run) for rule in rules]


def policy_of(rule: Rule, run: Run) -> Policy:
    """One rule as a policy."""
    shared: dict[str, Any] = {
        "name": rule.id,
        "description": rule.title,
        "enforcement_level": _LEVELS[rule.levels.at(run.environment)],
        "config_schema": _schema(rule.options),
        "severity": PulumiSeverity(rule.severity.value),
        "remediation_steps": "each violation says under `do` what to change",
    }

    def context(configured: Mapping[str, Any]) -> Context:
        return rule.context(run.stack, run.environment, plain(configured))

    if rule.check is None:

        def validate_stack(args: StackValidationArgs, report: ReportViolation) -> None:
            concerned = [_of_stack(one) for one in args.resources if rule.concerns(one.resource_type)]
            tell(rule.findings(concerned, context(args.get_config())), report)

        return StackValidationPolicy(validate=validate_stack, **shared)

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if rule.concerns(args.resource_type):
            resource = _of_request(args, plain(args.props))
            tell(rule.findings([resource], context(args.get_config())), report)

    def remediate(args: ResourceValidationArgs) -> Any:
        if rule.remediate is None or not rule.concerns(args.resource_type):
            return None
        better = rule.remediate(_of_request(args, with_secrets(args.props)), context(args.get_config()))
        return None if better is None else returned(better)

    return ResourceValidationPolicy(
        validate=validate, remediate=remediate if rule.remediate is not None else None, **shared
    )


def tell(findings: Sequence[Finding], report: ReportViolation) -> None:
    """Report what was found.

    Raises:
        NotYetKnown: Something cannot be judged yet; everything else was reported before.
    """
    for one in findings:
        if not one.undecided:
            report(message(one), one.urn)
    if blind := [one for one in findings if one.undecided]:
        raise NotYetKnown(blind)


def message(finding: Finding) -> str:
    """A finding as a person reads it, below the rule's title."""
    rows = (("at", finding.where), ("seen", finding.seen), ("why", finding.why), ("do", finding.fix))
    return "\n".join(f"  {label + ':':<6}{text}" for label, text in rows if text)


def _schema(options: Mapping[str, Any]) -> PolicyConfigSchema | None:
    if not options:
        return None
    return PolicyConfigSchema(
        {name: {"type": _TYPES.get(type(default), "object")} for name, default in options.items()}
    )


def _of_request(args: ResourceValidationArgs, props: Mapping[str, Any]) -> Resource:
    return Resource(
        args.resource_type,
        args.name,
        args.urn,
        props,
        protect=bool(args.opts and args.opts.protect),
        ignore_changes=tuple(args.opts.ignore_changes) if args.opts else (),
        parent=(args.opts.parent or "") if args.opts else "",
    )


def _of_stack(found: PolicyResource) -> Resource:
    return Resource(
        found.resource_type,
        found.name,
        found.urn,
        plain(found.props),
        protect=bool(found.opts and found.opts.protect),
        ignore_changes=tuple(found.opts.ignore_changes) if found.opts else (),
        parent=found.parent.urn if found.parent else "",
        dependencies=tuple(one.urn for one in found.dependencies),
        property_dependencies={
            name: tuple(one.urn for one in found_by) for name, found_by in found.property_dependencies.items()
        },
    )
