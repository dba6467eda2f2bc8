"""What a gate can wait for. Plain data: the plugin knows how to look, this says what at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DeploymentAvailable:
    """Every replica of a Deployment's newest generation is available.

    Fails early, with the pod's reason and last log lines, once the Deployment's progress deadline is over.
    """

    namespace: str
    name: str

    def to_wire(self) -> dict[str, Any]:
        return {"check": "deploymentAvailable", "namespace": self.namespace, "name": self.name}


@dataclass(frozen=True)
class ConditionTrue:
    """A condition of `status.conditions` is True, seen for the object's newest generation.

    Covers certificates (`cert-manager.io/v1` Certificate, Ready), gateways (Programmed), CRDs
    (Established), InferenceServices (Ready) and whatever else follows the convention.

    Attributes:
        namespace: Empty for cluster-scoped kinds.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    condition: str = "Ready"

    def to_wire(self) -> dict[str, Any]:
        return {
            "check": "conditionTrue",
            "apiVersion": self.api_version,
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "condition": self.condition,
        }


def certificate_ready(namespace: str, name: str) -> ConditionTrue:
    """cert-manager has issued a certificate."""
    return ConditionTrue("cert-manager.io/v1", "Certificate", namespace, name)


@dataclass(frozen=True)
class CaBundleFilled:
    """Every webhook of a configuration carries a CA bundle.

    Attributes:
        kind: ValidatingWebhookConfiguration, MutatingWebhookConfiguration or CustomResourceDefinition
            (its conversion webhook).
    """

    kind: str
    name: str

    def to_wire(self) -> dict[str, Any]:
        return {"check": "caBundleFilled", "kind": self.kind, "name": self.name}


@dataclass(frozen=True)
class EndpointsReady:
    """A Service has at least one ready endpoint (EndpointSlice)."""

    namespace: str
    service: str

    def to_wire(self) -> dict[str, Any]:
        return {"check": "endpointsReady", "namespace": self.namespace, "service": self.service}


@dataclass(frozen=True)
class DryRunAccepted:
    """The API server, and so every admission webhook on the way, accepts an object (`dryRun=All`).

    The only proof that a webhook answers: endpoints and CA bundle can be there seconds before it does.

    Attributes:
        manifest: A whole object with apiVersion, kind and metadata.name. Nothing of it is stored.
    """

    manifest: Mapping[str, Any]

    def to_wire(self) -> dict[str, Any]:
        return {"check": "dryRunAccepted", "manifest": dict(self.manifest)}


@dataclass(frozen=True)
class ObjectExists:
    """Some controller has made an object, e.g. the Deployment behind a Gateway."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def to_wire(self) -> dict[str, Any]:
        return {
            "check": "objectExists",
            "apiVersion": self.api_version,
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
        }


@dataclass(frozen=True)
class NoneLeft:
    """No object of a kind is there any more, in any namespace. A kind that is not served has none.

    Attributes:
        where: Fields that an object must have to count: dotted path -> text. Empty: each counts.
    """

    api_version: str
    kind: str
    where: Mapping[str, str] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        return {
            "check": "noneLeft",
            "apiVersion": self.api_version,
            "kind": self.kind,
            "where": dict(self.where),
        }


@dataclass(frozen=True)
class NodesReady:
    """Every node is Ready, so many of them at least."""

    count: int

    def to_wire(self) -> dict[str, Any]:
        return {"check": "nodesReady", "count": self.count}


Check = (
    DeploymentAvailable
    | ConditionTrue
    | CaBundleFilled
    | EndpointsReady
    | DryRunAccepted
    | ObjectExists
    | NoneLeft
    | NodesReady
)
