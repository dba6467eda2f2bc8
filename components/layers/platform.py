"""The platform on a cluster: every layer, given what it needs of the others. Pulumi derives the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.catalog import entries
from components.catalog.render import Rendered
from components.catalog.selection import INGRESS
from components.cluster.base import Capabilities, Cluster
from components.layers import (
    cert_manager,
    gateway_api,
    gateway_tls,
    gateways,
    istio,
    knative,
    knative_ingress,
    kserve,
    model_guard,
    model_storage,
    runtimes,
)
from components.layers.exposure import Exposure, exposure_of, scheme_of
from components.layers.fleet.deadlines import MACHINE_DEADLINE
from components.layers.fleet.software import Args as FleetArgs
from components.layers.fleet.software import Software, install_software, with_machines
from components.layers.kserve_config import ContainerSize, InferenceServiceConfig, Ingress
from components.layers.layer import Profile
from components.settings.model import EksSettings, Resources, Settings
from components.settings.platform import IngressClass
from components.settings.resources import sized


@dataclass(frozen=True)
class Platform:
    """A platform that InferenceServices can be put on.

    Attributes:
        ready: Everything that an InferenceService needs before it is created: gates and runtimes.
        storage: Where models are kept.
        ingress_service: Namespace and name of the Service that requests from outside enter by.
        versions: Name -> version of everything that is installed.
    """

    ready: list[pulumi.Resource]
    storage: model_storage.Outputs
    ingress_service: tuple[str, str]
    versions: pulumi.Input[Mapping[str, str]]


@dataclass(frozen=True)
class Network:
    """What carries requests.

    Attributes:
        crds: CRDs of the routes that controllers write.
        ready: Open once gateways carry traffic.
    """

    crds: tuple[pulumi.Resource, ...] = ()
    ready: tuple[pulumi.Resource, ...] = ()


def install(cluster: Cluster, settings: Settings, rendered: Mapping[str, Rendered]) -> Platform:
    """Install the platform.

    Args:
        cluster: Where to.
        settings: The stack's settings.
        rendered: The manifests of `components_of` its ingress class, by component.
    """
    cluster = with_machines(cluster)
    platform = settings.platform
    profile = Profile(
        built=cluster.capabilities.images == "build", small=platform.resource_profile == "local"
    )
    certificates = cert_manager.CertManager(
        cluster, cert_manager.Args(rendered[entries.CERT_MANAGER.name], profile)
    )
    storage_class = settings.storage.storage_class or cluster.capabilities.storage_class
    storage = model_storage.ModelStorage(cluster, model_storage.Args(settings.storage.size, storage_class))
    guard = model_guard.ModelGuard(
        cluster,
        model_guard.Args(storage.outputs.namespace, callers=callers(settings), quota=quota(settings)),
    )
    software = _software(cluster, rendered, certificates.outputs.ready, profile)
    network = _network(cluster, settings, rendered, software, profile, certificates.outputs.ready)
    serving = knative.Knative(
        cluster,
        knative.Args(
            rendered=rendered[entries.KNATIVE_SERVING.name],
            hpa=rendered.get(entries.KNATIVE_HPA.name),
            domain=platform.domain,
            ingress_class=platform.ingress_class,
            gpu=cluster.capabilities.gpu_resource is not None,
            deadline=MACHINE_DEADLINE if cluster.fleet else None,
            profile=profile,
            scheme=scheme_of(settings.cluster),
        ),
    )
    ingress = knative_ingress.KnativeIngress(
        cluster,
        knative_ingress.Args(
            rendered=rendered[INGRESS[platform.ingress_class].name],
            ingress_class=platform.ingress_class,
            serving=serving.outputs,
            routing_crds=network.crds,
            service_type=service_type(cluster.capabilities),
            node_port=cluster.capabilities.ingress.node_port,
            exposure=_exposure(cluster, settings.platform.ingress_class),
            balancers=software.balancers,
            profile=profile,
            encrypted=gateway_tls.hosts(platform.domain) if platform.tls else (),
        ),
    )
    controller = kserve.KServe(
        cluster,
        kserve.Args(
            rendered=rendered[entries.KSERVE.name],
            config=configuration(settings),
            cert_manager=certificates.outputs.ready,
            known_crds=(serving.outputs.crds, *network.crds),
            profile=profile,
        ),
    )
    servers = runtimes.Runtimes(
        cluster,
        runtimes.Args(
            rendered=rendered[entries.KSERVE_RUNTIMES.name],
            names=platform.runtimes,
            kserve=controller.outputs.ready,
            predictor=predictor_size(settings),
            built=profile.built,
        ),
    )
    return Platform(
        ready=[
            serving.outputs.ready,
            ingress.outputs.ready,
            controller.outputs.ready,
            *network.ready,
            *servers.outputs.runtimes,
            *software.machines,
            *cluster.after,
            *guard.outputs.guards,
        ],
        storage=storage.outputs,
        ingress_service=ingress_service(settings),
        versions={each.component.name: each.component.version for each in rendered.values()},
    )


def find_platform(cluster: Cluster, settings: Settings, stack: str) -> Platform:
    """The platform that another stack has installed.

    Args:
        cluster: Where it is.
        settings: The stack's settings, in its platform the same as the other's.
        stack: Reference of the other stack; nothing is put on the platform before that one has been up.
    """
    reference = pulumi.StackReference("platform", stack)
    return Platform(
        ready=[reference],
        storage=model_storage.find(cluster),
        ingress_service=ingress_service(settings),
        versions=reference.require_output("versions"),
    )


def _software(
    cluster: Cluster, rendered: Mapping[str, Rendered], certificates: pulumi.Resource, profile: Profile
) -> Software:
    if cluster.fleet is None:
        return Software()
    return install_software(cluster, FleetArgs(cluster.fleet, rendered, certificates, profile))


def _network(
    cluster: Cluster,
    settings: Settings,
    rendered: Mapping[str, Rendered],
    software: Software,
    profile: Profile,
    certificates: pulumi.Resource,
) -> Network:
    if entries.GATEWAY_API.name not in rendered:
        return Network()
    tls = settings.platform.tls
    routes = gateway_api.GatewayApi(cluster, gateway_api.Args(rendered[entries.GATEWAY_API.name]))
    mesh = istio.Istio(cluster, istio.Args(rendered["istio"], profile))
    doors = gateways.Gateways(
        cluster,
        gateways.Args(
            control_plane=mesh.outputs,
            gateway_crds=routes.outputs.crds,
            service_type=service_type(cluster.capabilities),
            node_port=cluster.capabilities.ingress.node_port,
            exposure=_exposure(cluster, "gateway-api"),
            balancers=software.balancers,
            profile=profile,
            secret=gateway_tls.SECRET if tls else None,
        ),
    )
    issued: tuple[pulumi.Resource, ...] = ()
    if tls:
        asked = gateway_tls.Args(settings.platform.domain, tls.issuer, certificates, mesh.outputs.namespace)
        issued = (gateway_tls.GatewayTls(cluster, asked).outputs.issued,)
    return Network(crds=(routes.outputs.crds, mesh.outputs.crds), ready=(doors.outputs.ready, *issued))


def _exposure(cluster: Cluster, ingress_class: IngressClass) -> Exposure | None:
    if cluster.fleet is None:
        return None
    return exposure_of(cluster.fleet, istio=ingress_class != "kourier")


def service_type(capabilities: Capabilities) -> gateways.ServiceType:
    """How requests from outside reach a Service of this cluster."""
    if capabilities.ingress.node_port is not None:
        return "NodePort"
    return "LoadBalancer" if capabilities.load_balancer else "ClusterIP"


def ingress_service(settings: Settings) -> tuple[str, str]:
    """Namespace and name of the Service that requests from outside enter by."""
    if settings.platform.ingress_class == "kourier":
        return knative_ingress.KOURIER_NAMESPACE, knative_ingress.KOURIER_SERVICE
    return istio.NAMESPACE, gateways.service_name(gateways.PUBLIC)


def callers(settings: Settings) -> tuple[str, ...]:
    """Namespaces whose pods ask models: Knative's, which holds and counts requests, and the gateways'."""
    return (knative.NAMESPACE, ingress_service(settings)[0])


def quota(settings: Settings) -> dict[str, str]:
    """What the models' namespace may take at most, as a ResourceQuota says it."""
    asked, cluster = settings.platform.quota, settings.cluster
    budget = cluster.budget.gpus if isinstance(cluster, EksSettings) else None
    gpus = budget if asked.gpus is None else asked.gpus
    told = {"pods": asked.pods, "requests.nvidia.com/gpu": gpus}
    return {name: str(most) for name, most in told.items() if most is not None}


# What KServe 0.20.0 ships (`inferenceservice-config` and its runtimes). It holds where nobody says otherwise,
# so that who asks for more memory than this and names no limit would get a pod that is refused.
KSERVES_PREDICTOR = ContainerSize(cpu_request="1", memory_request="2Gi", cpu_limit="1", memory_limit="2Gi")
_KSERVES_INITIALIZER = ContainerSize(
    cpu_request="100m", memory_request="100Mi", cpu_limit="1", memory_limit="1Gi"
)
# Five predictors beside the platform on two cores, each allowed to use both when the others are idle.
_SMALL_PREDICTOR = ContainerSize(
    cpu_request="100m", memory_request="512Mi", cpu_limit="2", memory_limit="2Gi"
)
_SMALL_INITIALIZER = ContainerSize(cpu_request="10m", memory_request="64Mi")


def predictor_size(settings: Settings) -> ContainerSize:
    """What a predictor gets that asks for nothing itself."""
    small = settings.platform.resource_profile == "local"
    default = _SMALL_PREDICTOR if small else ContainerSize()
    return _size(settings.platform.kserve.predictor_resources, default, KSERVES_PREDICTOR)


def configuration(settings: Settings) -> InferenceServiceConfig:
    """What KServe is told."""
    platform = settings.platform
    small = platform.resource_profile == "local"
    initializer = _size(
        platform.kserve.storage_initializer_resources,
        _SMALL_INITIALIZER if small else ContainerSize(),
        _KSERVES_INITIALIZER,
    )
    return InferenceServiceConfig(
        mode="Knative" if platform.mode == "knative" else "Standard",
        ingress=Ingress(
            domain=platform.domain,
            # Kourier knows nothing of Istio's kinds.
            virtual_service=platform.ingress_class != "kourier",
            public_gateway=f"{knative.NAMESPACE}/{knative_ingress.PUBLIC}",
            local_gateway=f"{knative.NAMESPACE}/{knative_ingress.LOCAL}",
            local_gateway_host=gateways.service_host(gateways.LOCAL),
            scheme=scheme_of(settings.cluster),
        ),
        predictor=predictor_size(settings),
        storage_initializer=initializer,
        version=entries.KSERVE.module.version,
    )


def _size(asked: Resources | None, default: ContainerSize, upstreams: ContainerSize) -> ContainerSize:
    if asked is None:
        return default
    size = sized(asked, default.resources, upstreams.resources)
    return ContainerSize(
        cpu_request=size.requests.cpu,
        memory_request=size.requests.memory,
        cpu_limit=size.limits.cpu,
        memory_limit=size.limits.memory,
    )
