"""Where requests come in: from inside unless it is said, and encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from components.facts.environments import Environment
from policies.kubernetes.parts import Part, each, whole, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity

_GATEWAY, _SERVICE = "kubernetes:gateway.networking.k8s.io/v1:Gateway", "kubernetes:core/v1:Service"
# Annotations: of AWS's load balancer controller, and of Istio for the Service that it makes for a Gateway.
SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
CERTIFICATE = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
_ISTIO_SERVICE_TYPE = "networking.istio.io/service-type"
_ENCRYPTED = ("HTTPS", "TLS")


def check(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge a Gateway or a Service."""
    checks = [partial(_scheme, resource, context)]
    if resource.type == _GATEWAY and context.environment is not Environment.DEV:
        checks.append(partial(_tls, resource))
    return each(resource, [whole(resource)], *checks)


def _scheme(resource: Resource, context: Context, top: Part) -> Iterator[Finding]:
    for note in _notes(resource, top):
        part = note.at(SCHEME)
        if part.value == "internet-facing" and not context.options["public"]:
            yield wrong(
                resource,
                part,
                why="everybody on the internet could ask the models",
                fix="use internal, or set the rule's option public where that is meant",
            )


def _notes(resource: Resource, top: Part) -> list[Part]:
    """Where annotations stand that reach the load balancer's Service."""
    notes = [top.at("metadata", "annotations")]
    if resource.type == _GATEWAY:
        notes.append(top.at("spec", "infrastructure", "annotations"))
    return notes


def _tls(resource: Resource, top: Part) -> Iterator[Finding]:
    if top.at("metadata", "annotations", _ISTIO_SERVICE_TYPE).value == "ClusterIP":
        return
    # A load balancer that has a certificate ends TLS itself, in front of the gateway.
    if any(note.at(CERTIFICATE).value for note in _notes(resource, top)):
        return
    if not any(one.at("protocol").value in _ENCRYPTED for one in top.entries("spec", "listeners")):
        yield wrong(
            resource,
            top.at("spec", "listeners"),
            why="questions and answers could be read on the way",
            fix="add a listener of protocol HTTPS with a certificate, or give the load balancer one",
        )


RULES = (
    Rule(
        id="gateway-tls-internal",
        title="Requests come from inside unless it is said, and encrypted outside of development",
        severity=Severity.HIGH,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(_GATEWAY, _SERVICE),
        check=check,
        options={"public": False},
    ),
)
