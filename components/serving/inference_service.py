"""InferenceServices: what a user asks for as KServe's object, in the form that its webhook leaves alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.cluster.base import Cluster
from components.cluster.checks import ConditionTrue
from components.layers.layer import Installed, Layer
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION
from components.serving.placement import ANYWHERE, Placement
from components.serving.transformer import Sized, transformer_spec

API_VERSION = "serving.kserve.io/v1beta1"
_TARGET = "autoscaling.knative.dev/target"
_COLD_START = "kserve-platform.io/cold-start"
_DEADLINE = "serving.knative.dev/progress-deadline"
# What a gate waits by default, and how much longer than Knative where a machine has to come first: Knative's
# own verdict says more than that the time is over.
_PATIENCE, _MORE = 300, 120


@dataclass(frozen=True)
class Predictor:
    """A model and how it is run.

    Attributes:
        model_format: Format of the model, e.g. pytorch.
        storage_uri: Where its files lie.
        runtime: ClusterServingRuntime; None lets KServe choose by format.
        runtime_version: Image tag of the runtime; None for the runtime's own.
        loaded_image: Image that every node has been given, and no registry has, to run in place of the
            runtime's; None for the runtime's.
        protocol_version: Inference protocol; None for the runtime's first.
        requests: What is set aside for the container, by resource name.
        limits: What it may use at most.
        min_replicas: Fewest pods.
        max_replicas: Most; None without a bound.
        cold_start: `accepted` where the first request after a pause may wait for a pod; None where not.
        container_concurrency: Most requests in one pod at a time; 0 without a bound.
        target: Requests in flight per pod that the autoscaler aims at; None for Knative's own.
        timeout: Seconds that a request may take; None for Knative's own.
        placement: Where its pods go.
        transformer: What stands before it; None for nothing.
    """

    model_format: str
    storage_uri: str
    runtime: str | None = None
    runtime_version: str | None = None
    loaded_image: str | None = None
    protocol_version: str | None = None
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    min_replicas: int = 1
    max_replicas: int | None = None
    cold_start: str | None = None
    container_concurrency: int = 0
    target: int | None = None
    timeout: int | None = None
    placement: Placement = ANYWHERE
    transformer: Sized | None = None


@dataclass(frozen=True)
class Account:
    """The service account that a service's pods run as.

    Attributes:
        name: Its name.
        annotations: What it carries, e.g. the AWS role that its pods take.
    """

    name: str
    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Args:
    """What the component needs.

    Attributes:
        name: Name of the InferenceService, the first part of its host.
        namespace: Namespace it is in.
        predictor: Its model.
        account: Account of its pods, made for it; None for the namespace's default.
        after: What must be there first: runtimes, gates, the model's files.
    """

    name: str
    namespace: str
    predictor: Predictor
    after: Sequence[pulumi.Resource]
    account: Account | None = None


@dataclass(frozen=True)
class Outputs:
    """What the component gives.

    Attributes:
        ready: Open once the service answers.
    """

    ready: pulumi.Resource


class InferenceService(Layer):
    """One InferenceService, and a gate that opens when it answers."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("InferenceService", args.name, cluster)
        after = list(args.after)
        if args.account is not None:
            after += self._account(args.account, args).resources
        name = args.account.name if args.account else None
        installed = self.install(
            [manifest(args.name, args.namespace, args.predictor, name)], after={FOUNDATION: after}
        )
        checks = [ConditionTrue(API_VERSION, "InferenceService", args.namespace, args.name)]
        deadline = args.predictor.placement.deadline
        within = _PATIENCE if deadline is None else deadline + _MORE
        ready = self.gate(f"{args.name}-answers", checks, installed, timeout_seconds=within)
        self.outputs = Outputs(ready=ready)
        self.register_outputs({})

    def _account(self, account: Account, args: Args) -> Installed:
        def annotated(manifest: Manifest) -> Manifest:
            metadata = {**manifest["metadata"], "annotations": dict(account.annotations)}
            return {**manifest, "metadata": metadata} if account.annotations else manifest

        return self.install(
            [service_account(account.name, args.namespace)], after={FOUNDATION: args.after}, late=(annotated,)
        )


def service_account(name: str, namespace: str) -> Manifest:
    """The account of a service's pods; they ask Kubernetes nothing, so that none of them gets its token."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
        "automountServiceAccountToken": False,
    }


def manifest(name: str, namespace: str, predictor: Predictor, account: str | None = None) -> Manifest:
    """The InferenceService.

    The `model:` form, since KServe's webhook rewrites the older one (`pytorch:`) and every preview would then
    show a change.
    """
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    noted = {_TARGET: predictor.target, _COLD_START: predictor.cold_start}
    if notes := {key: str(value) for key, value in noted.items() if value is not None}:
        metadata["annotations"] = notes
    model: dict[str, Any] = {
        "modelFormat": {"name": predictor.model_format},
        "storageUri": predictor.storage_uri,
    }
    optional = {
        "runtime": predictor.runtime,
        "runtimeVersion": predictor.runtime_version,
        "protocolVersion": predictor.protocol_version,
    }
    model |= {key: value for key, value in optional.items() if value is not None}
    if predictor.loaded_image is not None:
        model |= {"image": predictor.loaded_image, "imagePullPolicy": "Never"}
    amounts = {"requests": dict(predictor.requests), "limits": dict(predictor.limits)}
    if any(amounts.values()):
        model["resources"] = {kind: values for kind, values in amounts.items() if values}
    spec: dict[str, Any] = {"model": model, "minReplicas": predictor.min_replicas}
    if account is not None:
        spec["serviceAccountName"] = account
    if predictor.max_replicas is not None:
        spec["maxReplicas"] = predictor.max_replicas
    if predictor.container_concurrency:
        spec["containerConcurrency"] = predictor.container_concurrency
    if predictor.timeout is not None:
        spec["timeout"] = predictor.timeout
    spec |= _placed(predictor.placement)
    whole = {"predictor": spec}
    if predictor.transformer is not None:
        whole["transformer"] = transformer_spec(
            predictor.transformer, timeout=predictor.timeout, account=spec.get("serviceAccountName")
        )
    return {
        "apiVersion": API_VERSION,
        "kind": "InferenceService",
        "metadata": metadata,
        "spec": whole,
    }


def _placed(placement: Placement) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if placement.node_selector:
        told["nodeSelector"] = dict(placement.node_selector)
    if placement.tolerations:
        told["tolerations"] = [dict(toleration) for toleration in placement.tolerations]
    if placement.deadline is not None:
        told["annotations"] = {_DEADLINE: f"{placement.deadline}s"}
    return told


def host(name: str, namespace: str, domain: str) -> str:
    """The host that an InferenceService answers on."""
    return f"{name}.{namespace}.{domain}"
