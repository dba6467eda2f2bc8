"""The services of a stack: each becomes an InferenceService, the example with its model store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.cluster.base import Cluster
from components.cluster.fleet import MachineGroup
from components.layers.model_storage import NAMESPACE
from components.layers.platform import KSERVES_PREDICTOR, Platform, predictor_size
from components.serving import mnist
from components.serving.growth import most_pods
from components.serving.inference_service import Account, Args, InferenceService, Predictor
from components.serving.placement import placement_of
from components.serving.transformer import Sized
from components.settings.model import MnistExample, ModelService, Scaled, Settings, Transformer
from components.settings.resources import sized


def serve(cluster: Cluster, settings: Settings, platform: Platform) -> dict[str, InferenceService]:
    """Put every service of a stack on the platform.

    Returns:
        The services by name.
    """
    loaded: list[pulumi.Resource] = []
    if any(isinstance(service, MnistExample) for service in settings.services.values()):
        loaded = [mnist.MnistModel(cluster, mnist.Args(platform.storage)).outputs.loaded]
    return {
        name: InferenceService(
            cluster,
            Args(
                name=name,
                namespace=NAMESPACE,
                account=account_of(name, cluster),
                predictor=predictor_of(
                    service,
                    settings,
                    gpu_resource=cluster.capabilities.gpu_resource,
                    built=cluster.capabilities.images == "build",
                    groups=cluster.fleet.groups if cluster.fleet else None,
                ),
                after=[
                    *platform.ready,
                    platform.storage.namespace,
                    *(loaded if isinstance(service, MnistExample) else ()),
                ],
            ),
        )
        for name, service in settings.services.items()
    }


def account_of(name: str, cluster: Cluster) -> Account:
    """The service account of a service's pods: its own, so that one model never reads another's files."""
    role = cluster.fleet.readers.get(name) if cluster.fleet else None
    return Account(name, annotations=role.annotations if role else {})


def predictor_of(
    service: ModelService | MnistExample,
    settings: Settings,
    *,
    gpu_resource: str | None,
    built: bool,
    groups: Mapping[str, MachineGroup] | None = None,
) -> Predictor:
    """What a service of the stack file asks of KServe.

    Args:
        service: The service.
        settings: The stack, whose platform's sizes fill what the service leaves open.
        gpu_resource: What the cluster calls its GPUs.
        groups: Machines that this stack makes; None where it makes none.
        built: Images were built here under upstream's names, that of the example's server among them.
    """
    size = sized(service.resources, predictor_size(settings).resources, KSERVES_PREDICTOR.resources)
    requests = size.requests.model_dump(exclude_none=True)
    limits = size.limits.model_dump(exclude_none=True)
    if isinstance(service, MnistExample):
        return mnist.predictor(requests, limits, built=built, **_scaling(service))
    if service.gpu:
        limits = {**limits, gpu_resource or "nvidia.com/gpu": str(service.gpu)}
    return Predictor(
        model_format=service.model_format,
        storage_uri=service.storage_uri,
        runtime=service.runtime,
        runtime_version=service.runtime_version,
        protocol_version=service.protocol_version,
        requests=requests,
        limits=limits,
        placement=placement_of(service.gpu, gpu_resource, groups, service.pool),
        transformer=_transformer(service.transformer, settings),
        **_scaling(service),
    )


def _transformer(asked: Transformer | None, settings: Settings) -> Sized | None:
    if asked is None:
        return None
    default = predictor_size(settings).resources
    return Sized(asked, sized(asked.resources, default, KSERVES_PREDICTOR.resources))


def _scaling(service: Scaled) -> dict[str, Any]:
    return {
        "min_replicas": service.min_replicas,
        "max_replicas": most_pods(service.min_replicas, service.max_replicas),
        "cold_start": service.cold_start,
        "container_concurrency": service.container_concurrency,
        "target": service.target,
        "timeout": service.timeout,
    }
