"""KServe's `inferenceservice-config`: upstream's ConfigMap of JSON texts, with typed values laid over it.

Field names are those of the Go structs that read it (pkg/apis/serving/v1beta1/configmap.go of the module).
Whatever is not named here stays as upstream ships it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.settings.resources import Amounts, Resources

NAME = "inferenceservice-config"

DeploymentMode = Literal["Knative", "Standard"]


@dataclass(frozen=True)
class Ingress:
    """How KServe makes hosts answer.

    Attributes:
        domain: Domain of the hosts, in Standard mode; in Knative mode Knative's own holds.
        virtual_service: Whether it writes an Istio VirtualService for an InferenceService's own host.
        public_gateway: Istio Gateway of that VirtualService, namespace/name.
        local_gateway: The same for calls inside the cluster.
        local_gateway_host: Name of the Service behind the local gateway.
        scheme: How users ask: what its status says of URLs.
        gateway_api: Gateway (namespace/name) that it writes HTTPRoutes for in Standard mode; None: none.
    """

    domain: str
    virtual_service: bool
    public_gateway: str
    local_gateway: str
    local_gateway_host: str
    scheme: str = "http"
    gateway_api: str | None = None


@dataclass(frozen=True)
class ContainerSize:
    """CPU and memory of a container that KServe makes, as Kubernetes quantities; None leaves upstream's.

    Attributes:
        cpu_request: CPU set aside.
        memory_request: Memory set aside.
        cpu_limit: CPU at most.
        memory_limit: Memory at most.
    """

    cpu_request: str | None = None
    memory_request: str | None = None
    cpu_limit: str | None = None
    memory_limit: str | None = None

    @property
    def resources(self) -> Resources:
        """The same in Kubernetes' own form."""
        return Resources(
            requests=Amounts(cpu=self.cpu_request, memory=self.memory_request),
            limits=Amounts(cpu=self.cpu_limit, memory=self.memory_limit),
        )

    def fields(self) -> dict[str, str]:
        """As the ConfigMap names them."""
        named = {
            "cpuRequest": self.cpu_request,
            "memoryRequest": self.memory_request,
            "cpuLimit": self.cpu_limit,
            "memoryLimit": self.memory_limit,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class InferenceServiceConfig:
    """What this platform decides of the ConfigMap.

    Attributes:
        mode: How InferenceServices are deployed that do not say so themselves.
        ingress: How their hosts answer.
        predictor: What a predictor gets that asks for nothing itself.
        storage_initializer: What the init container gets that downloads models.
        version: Tag of KServe's images, for the one that upstream leaves at latest.
    """

    mode: DeploymentMode
    ingress: Ingress
    predictor: ContainerSize
    storage_initializer: ContainerSize
    version: str

    def lay_over(self, upstream: Mapping[str, str]) -> dict[str, str]:
        """Upstream's data with these values in it.

        Args:
            upstream: The ConfigMap's data as the module has it: JSON texts by key.

        Returns:
            The new data, each text in one form, so that its digest changes only with its content.
        """
        parsed: dict[str, Any] = {key: json.loads(text) for key, text in upstream.items()}
        changes: dict[str, Any] = {
            "deploy": {"defaultDeploymentMode": self.mode},
            "explainers": {"art": {"defaultImageVersion": self.version}},
            "inferenceService": {"resource": self.predictor.fields()},
            "ingress": self._ingress(),
            "storageInitializer": self.storage_initializer.fields(),
        }
        return {
            key: json.dumps(value, sort_keys=True, indent=2)
            for key, value in _merged(parsed, changes).items()
        }

    def _ingress(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "disableIstioVirtualHost": not self.ingress.virtual_service,
            "enableGatewayApi": self.ingress.gateway_api is not None,
            "ingressDomain": self.ingress.domain,
            "ingressGateway": self.ingress.public_gateway,
            "localGateway": self.ingress.local_gateway,
            "localGatewayService": self.ingress.local_gateway_host,
            "urlScheme": self.ingress.scheme,
        }
        if self.ingress.gateway_api:
            told["kserveIngressGateway"] = self.ingress.gateway_api
        return told


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
