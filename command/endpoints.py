"""Where a stack's services answer: from the stack's outputs, or from its settings where those say it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from command.inference.client import Ingress
from components.errors import PlatformError
from components.settings.eks.parts import part_of

if TYPE_CHECKING:
    from components.settings.model import Settings

NAMESPACE = "kserve-test"
LOOPBACK = "127.0.0.1"
EXAMPLE_MODEL = "mnist"


@dataclass(frozen=True)
class Endpoint:
    """A service that can be asked.

    Attributes:
        service: Name of the InferenceService.
        namespace: Its namespace.
        host: Value of the Host header.
        model: Name of the model in it.
        example: Which built-in example it is; empty for a model of the user's own.
        ingress: Where to connect.
    """

    service: str
    namespace: str
    host: str
    model: str
    example: str
    ingress: Ingress


def endpoints(settings: Settings, outputs: Mapping[str, Any]) -> list[Endpoint]:
    """Every service of a stack, the examples first.

    Args:
        settings: The stack's settings.
        outputs: What the program exported; may be empty.

    Raises:
        PlatformError: Only the cluster knows the ingress, and it is not in the outputs.
    """
    if part_of(settings.cluster) == "infra":
        return []
    ingress = _ingress(settings, outputs)
    found = [
        Endpoint(
            service=name,
            namespace=NAMESPACE,
            host=f"{name}.{NAMESPACE}.{settings.platform.domain}",
            model=EXAMPLE_MODEL if hasattr(service, "example") else name,
            example=getattr(service, "example", ""),
            ingress=ingress,
        )
        for name, service in settings.services.items()
    ]
    return sorted(found, key=lambda one: not one.example)


def _ingress(settings: Settings, outputs: Mapping[str, Any]) -> Ingress:
    if settings.cluster.provider == "kind":
        return Ingress(LOOPBACK, settings.cluster.ports.ingress)
    host, port = outputs.get("ingressHost"), outputs.get("ingressPort")
    if not host or not port:
        raise PlatformError.single(
            "The stack does not say where its ingress is",
            why="The outputs ingressHost and ingressPort are empty: its load balancer has no address yet.",
            fix="Look at the ingress Service of the cluster, then run make up again.",
        )
    return Ingress(str(host), int(port))
