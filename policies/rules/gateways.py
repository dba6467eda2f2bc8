"""Where requests come in: from inside unless it is said, and encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from components.facts.environments import Environment
from policies.kubernetes.parts import Part, each, whole, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity

_GATEWAY, _SERVICE = "kubernetes:gateway.networking.k8s.io/v1:Gateway", "kubernetes:core/v1:Service"
# Annotations: of AWS's load balancer controller, and of Istio for the Service that it makes for a Gateway.
SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
CERTIFICATE = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
TLS_PORTS = "service.beta.kubernetes.io/aws-load-balancer-ssl-ports"
_ISTIO_SERVICE_TYPE = "networking.istio.io/service-type"
_ENCRYPTED = ("HTTPS", "TLS")
_HTTPS_PORT = "443"


def check(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge a Gateway or a Service."""
    checks = [partial(_scheme, resource, context)]
    if context.environment is not Environment.DEV:
        checks.append(partial(_tls if resource.type == _GATEWAY else _ports, resource))
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
        yield from _bare(resource, top, top.entries("spec", "listeners"))
        return
    if not any(one.at("protocol").value in _ENCRYPTED for one in top.entries("spec", "listeners")):
        yield wrong(
            resource,
            top.at("spec", "listeners"),
            why="questions and answers could be read on the way",
            fix="add a listener of protocol HTTPS with a certificate, or give the load balancer one",
        )


def _ports(resource: Resource, top: Part) -> Iterator[Finding]:
    if top.at("metadata", "annotations", CERTIFICATE).value:
        yield from _bare(resource, top, top.entries("spec", "ports"))


def _bare(resource: Resource, top: Part, doors: Iterable[Part]) -> Iterator[Finding]:
    """The listeners or ports that a load balancer with a certificate offers without it.

    It listens on every port of its Service, and ends TLS on those that are named to it. Where none is it does
    so on all; but what is laid over the Service that Istio makes is not seen here, so the port has to be
    HTTPS's own then.
    """
    named = next((told for note in _notes(resource, top) if (told := note.at(TLS_PORTS).value)), _HTTPS_PORT)
    ended = {port.strip() for port in str(named).split(",")}
    for door in doors:
        if door.at("protocol").value in _ENCRYPTED:
            continue
        if not {str(door.at("port").value), door.at("name").value} & ended:
            yield wrong(
                resource,
                door.at("port"),
                why="the load balancer would offer it beside its encrypted port, and in the clear",
                fix=f"let port {_HTTPS_PORT} be the only one: the load balancer ends TLS in front of it",
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
