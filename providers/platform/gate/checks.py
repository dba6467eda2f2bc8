"""Each check answers why it does not hold yet; an empty answer means that it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.kubeclient.client import ApiError, NoMatch
from providers.platform.api import Api
from providers.platform.fields import Fields
from providers.platform.gate.admission import DryRunAccepted
from providers.platform.gate.check import Check
from providers.platform.gate.nodes import NodesReady
from providers.platform.gate.pods import hopeless, pod_reasons, pods_of
from providers.platform.gate.status import (
    condition_problem,
    deployment_failure,
    deployment_problem,
    placed,
    slices_problem,
    unbundled,
)


@dataclass(frozen=True)
class DeploymentAvailable(Check):
    """Every replica of a Deployment's newest generation is available."""

    namespace: str
    name: str

    @property
    def title(self) -> str:
        return f"Deployment {self.namespace}/{self.name} available"

    def problem(self, api: Api) -> str:
        live = api.get("apps/v1", "Deployment", self.namespace, self.name)
        return "it does not exist" if live is None else deployment_problem(live)

    def reasons(self, api: Api) -> list[str]:
        pods = pods_of(api, self.namespace, self.name)
        return [reason for pod in pods for reason in pod_reasons(pod)]

    def hopeless(self, api: Api) -> bool:
        live = api.get("apps/v1", "Deployment", self.namespace, self.name)
        if live is not None and deployment_failure(live):
            return True
        return any(hopeless(pod) for pod in pods_of(api, self.namespace, self.name))


@dataclass(frozen=True)
class ConditionTrue(Check):
    """A condition of an object's status is True, for its newest generation."""

    api_version: str
    kind: str
    namespace: str
    name: str
    condition: str

    @property
    def title(self) -> str:
        return f"{self.kind} {placed(self.namespace, self.name)} {self.condition}"

    def problem(self, api: Api) -> str:
        live = api.get(self.api_version, self.kind, self.namespace, self.name)
        return "it does not exist" if live is None else condition_problem(live, self.condition)


@dataclass(frozen=True)
class CaBundleFilled(Check):
    """Every webhook of a configuration, or a CRD's conversion webhook, has a CA bundle."""

    kind: str
    name: str

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name} with a CA bundle"

    def problem(self, api: Api) -> str:
        of_crd = self.kind == "CustomResourceDefinition"
        version = "apiextensions.k8s.io/v1" if of_crd else "admissionregistration.k8s.io/v1"
        live = api.get(version, self.kind, "", self.name)
        if live is None:
            return "it does not exist"
        empty = unbundled(live)
        return f"no caBundle in {', '.join(empty)}" if empty else ""


@dataclass(frozen=True)
class EndpointsReady(Check):
    """A Service has a ready endpoint."""

    namespace: str
    service: str

    @property
    def title(self) -> str:
        return f"Service {self.namespace}/{self.service} with a ready endpoint"

    def problem(self, api: Api) -> str:
        selector = f"kubernetes.io/service-name={self.service}"
        slices = api.list_objects(
            "discovery.k8s.io/v1", "EndpointSlice", self.namespace, labelSelector=selector
        )
        return slices_problem(slices)


@dataclass(frozen=True)
class ObjectExists(Check):
    """Some controller has made an object."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def title(self) -> str:
        return f"{self.kind} {placed(self.namespace, self.name)}"

    def problem(self, api: Api) -> str:
        live = api.get(self.api_version, self.kind, self.namespace, self.name)
        return "it does not exist" if live is None else ""


@dataclass(frozen=True)
class NoneLeft(Check):
    """No object of a kind is there any more, in any namespace.

    Attributes:
        where: Fields that an object must have to count: dotted path -> text. Empty: each counts.
    """

    api_version: str
    kind: str
    where: Mapping[str, str]

    @property
    def title(self) -> str:
        told = " and ".join(f"{path} {value}" for path, value in sorted(self.where.items()))
        return f"no {self.kind}{f' of {told}' if told else ''} left"

    def problem(self, api: Api) -> str:
        try:
            live = api.list_objects(self.api_version, self.kind)
        except NoMatch:  # its CRD is gone, and with it every object
            return ""
        left = sorted(_fate(one) for one in live if self._counts(one))
        shown = "; ".join(left[:_SHOWN])
        return f"{shown}; and {len(left) - _SHOWN} more" if len(left) > _SHOWN else shown

    def _counts(self, live: Mapping[str, Any]) -> bool:
        return all(_value_at(live, path) == value for path, value in self.where.items())


_SHOWN = 5


def _fate(live: Mapping[str, Any]) -> str:
    """What keeps an object: nobody deleted it, or whoever must tidy up after it has not done so."""
    metadata = live["metadata"]
    place = placed(str(metadata.get("namespace", "")), str(metadata["name"]))
    if "deletionTimestamp" not in metadata:
        return f"{place}: nobody deleted it"
    held = ", ".join(metadata.get("finalizers") or ()) or "nothing"
    return f"{place}: deleted at {metadata['deletionTimestamp']}, held by {held}"


def _value_at(live: Mapping[str, Any], path: str) -> Any:
    value: Any = live
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def look(check: Check, api: Api) -> str:
    """Why a check does not hold; an API server that refuses to say is a reason as well."""
    try:
        return check.problem(api)
    except NoMatch as error:
        return f"{error.message}: its CRD is not there"
    except ApiError as error:
        return error.message


_MOST_NODES = 5000  # Kubernetes is built for no more
_NAME, _SHAPE = r"\S+", "the name of an object"


def read_check(fields: Fields) -> Check:
    """Read one check of a gate's inputs."""
    return _READERS[fields.word("check", tuple(_READERS))](fields)


def _object(fields: Fields) -> tuple[str, str, str, str]:
    return (
        fields.text("apiVersion", r"[a-z0-9.-]+(/v\w+)?", "an apiVersion"),
        fields.text("kind", r"[A-Z]\w+", "a kind"),
        fields.text("namespace", r"\S*", "a namespace, or empty", default=""),
        fields.text("name", _NAME, _SHAPE),
    )


def _deployment_available(fields: Fields) -> Check:
    return DeploymentAvailable(
        fields.text("namespace", _NAME, "a namespace"), fields.text("name", _NAME, _SHAPE)
    )


def _condition_true(fields: Fields) -> Check:
    return ConditionTrue(*_object(fields), fields.text("condition", r"\w+", "the type of a condition"))


def _ca_bundle_filled(fields: Fields) -> Check:
    kinds = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "CustomResourceDefinition")
    return CaBundleFilled(fields.word("kind", kinds), fields.text("name", _NAME, _SHAPE))


def _endpoints_ready(fields: Fields) -> Check:
    return EndpointsReady(
        fields.text("namespace", _NAME, "a namespace"), fields.text("service", _NAME, "the name of a Service")
    )


def _dry_run_accepted(fields: Fields) -> Check:
    return DryRunAccepted(fields.mapping("manifest"))


def _object_exists(fields: Fields) -> Check:
    return ObjectExists(*_object(fields))


def _none_left(fields: Fields) -> Check:
    return NoneLeft(
        fields.text("apiVersion", r"[a-z0-9.-]+(/v\w+)?", "an apiVersion"),
        fields.text("kind", r"[A-Z]\w+", "a kind"),
        fields.texts("where"),
    )


def _nodes_ready(fields: Fields) -> Check:
    return NodesReady(fields.number("count", 1, _MOST_NODES))


_READERS: Mapping[str, Callable[[Fields], Check]] = {
    "deploymentAvailable": _deployment_available,
    "conditionTrue": _condition_true,
    "caBundleFilled": _ca_bundle_filled,
    "endpointsReady": _endpoints_ready,
    "dryRunAccepted": _dry_run_accepted,
    "objectExists": _object_exists,
    "noneLeft": _none_left,
    "nodesReady": _nodes_ready,
}
