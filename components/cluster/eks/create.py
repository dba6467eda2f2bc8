"""Settings to a whole EKS cluster: every part, given what it needs of the others."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.base import Capabilities, Cluster, IngressEndpoint, connect
from components.cluster.eks import (
    access,
    addons,
    buckets,
    cluster,
    controllers,
    encryption,
    endpoints,
    identity,
    network,
    node_groups,
)
from components.cluster.eks.addon_plan import plan_addons
from components.cluster.eks.handle import Made, fleet_of
from components.cluster.eks.kubeconfig import kubeconfig
from components.cluster.eks.machine_plan import GPU_RESOURCE, plan_machines
from components.cluster.eks.place import Place, place_of
from components.cluster.eks.storage import CLASS, storage_class
from components.cluster.fleet import Fleet
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import gpu_groups, managed_groups, zones_of
from components.settings.keys import PROJECT

# Where services run, and as whom: the account of pods that name none.
_MODELS, _PREDICTOR = "kserve-test", "default"


@dataclass(frozen=True, kw_only=True)
class _Infrastructure:
    """What AWS gives.

    Attributes:
        control_plane: The cluster.
        key_arn: The customer's key; None without.
        fleet: What layers are told of it.
        ready: What objects on the cluster need, and what must stay until they are gone.
    """

    control_plane: cluster.Outputs
    key_arn: pulumi.Input[str] | None
    fleet: Fleet
    ready: tuple[pulumi.Resource, ...]


def create_eks(settings: EksSettings, stack: str, *, small: bool) -> Cluster:
    """Make the cluster and hand it over.

    The handle's `made_by` is None: deleting a cluster leaves load balancers and volumes behind that its
    controllers made, so that everything on it is deleted one by one, while its machines still run.

    Args:
        settings: The stack's cluster.
        stack: Its name.
        small: Requests are lowered.

    Raises:
        PlatformError: No version of an add-on is pinned.
    """
    place = place_of(f"{PROJECT}-{stack}", settings.region, settings.tags)
    provider = aws.Provider("aws", region=settings.region)
    made = _infrastructure(settings, place, provider)
    control_plane = made.control_plane
    content = pulumi.Output.all(control_plane.endpoint, control_plane.authority).apply(
        lambda known: kubeconfig(place.cluster, settings.region, known[0], known[1])
    )
    capabilities = Capabilities(
        load_balancer=True,
        storage_class=CLASS,
        gpu_resource=GPU_RESOURCE if gpu_groups(settings) else None,
        images="pull",
        small=small,
        ours=True,
        ingress=IngressEndpoint(host=None, port=None, node_port=None),
    )
    handle = connect(place.cluster, content, capabilities, fleet=made.fleet, depends_on=made.ready)
    storage_class(made.key_arn, pulumi.ResourceOptions(provider=handle.kubernetes))
    return handle


def _infrastructure(settings: EksSettings, place: Place, provider: aws.Provider) -> _Infrastructure:
    opts = pulumi.ResourceOptions(providers=[provider])
    invoke = pulumi.InvokeOptions(provider=provider)
    key_arn = _key(settings, place, opts, invoke)
    net, reachable = _network(settings, place, opts)
    control_plane = cluster.ControlPlane(
        place,
        cluster.Args(
            kubernetes_version=settings.kubernetes_version,
            extended_support=settings.support == "extended",
            subnets=tuple(net.private.values()),
            service_cidr=settings.network.service_cidr,
            public=settings.endpoint.public,
            allow=settings.endpoint.allow,
            log_types=settings.logs.types,
            retention_days=settings.logs.retention_days,
            key_arn=key_arn,
            role_arn=settings.existing.cluster_role,
            protect=settings.deletion_protection,
        ),
        opts,
    ).outputs
    allowed = access.Access(place, _access(settings, control_plane, invoke), opts).outputs
    pods = identity.Identity(
        place,
        identity.Args(
            cluster=control_plane.name,
            cluster_arn=control_plane.arn,
            issuer=control_plane.issuer,
            irsa=settings.identity == "irsa",
        ),
        opts,
    )
    plan = plan_addons(
        settings.kubernetes_version, settings.addon_versions, pod_identity=settings.identity == "podIdentity"
    )
    first = addons.Addons(
        "first-addons",
        place,
        addons.Args(
            cluster=control_plane.name,
            addons=[addon for addon in plan if addon.before_machines],
            identity=pods,
            key_arn=key_arn,
        ),
        opts,
    ).outputs
    machines = node_groups.NodeGroups(
        place,
        node_groups.Args(
            cluster=control_plane.name,
            kubernetes_version=settings.kubernetes_version,
            groups=_groups(settings, net),
            key_arn=key_arn,
            role_arn=settings.existing.node_role,
            after=(*reachable, *first.ready),
        ),
        opts,
    ).outputs
    later = addons.Addons(
        "addons",
        place,
        addons.Args(
            cluster=control_plane.name,
            addons=[addon for addon in plan if not addon.before_machines],
            identity=pods,
            key_arn=key_arn,
            after=machines.groups,
        ),
        opts,
    ).outputs
    models = _models(settings, place, pods, key_arn, opts)
    roles = controllers.Controllers(
        place, controllers.Args(identity=pods, autoscaler=settings.autoscaler), opts
    ).outputs
    made = Made(
        network=net,
        control_plane=control_plane,
        controllers=roles,
        node_role=machines.role,
        key_arn=key_arn,
    )
    ready = (*allowed.ready, *machines.ready, *later.ready, *models, *roles.ready)
    return _Infrastructure(
        control_plane=control_plane, key_arn=key_arn, fleet=fleet_of(settings, place, made), ready=ready
    )


def _key(
    settings: EksSettings, place: Place, opts: pulumi.ResourceOptions, invoke: pulumi.InvokeOptions
) -> pulumi.Input[str] | None:
    if settings.existing.kms_key is not None:
        return settings.existing.kms_key
    if not settings.encryption.customer_key:
        return None
    return encryption.Encryption(
        place,
        encryption.Args(
            account=aws.get_caller_identity_output(opts=invoke).account_id,
            deletion_window_days=settings.encryption.deletion_window_days,
            protect=settings.deletion_protection,
        ),
        opts,
    ).outputs.arn


def _network(
    settings: EksSettings, place: Place, opts: pulumi.ResourceOptions
) -> tuple[network.Outputs, tuple[pulumi.Resource, ...]]:
    """The network, and what machines need of it to reach anything."""
    existing = settings.existing
    if existing.vpc is not None:
        found = network.Outputs(
            vpc=existing.vpc, private=existing.private_subnets, public=existing.public_subnets
        )
        return found, ()
    net = network.Network(
        place,
        network.Args(cidr=settings.network.cidr, zones=settings.zones, nat=settings.network.nat),
        opts,
    ).outputs
    ways = endpoints.Endpoints(
        place,
        endpoints.Args(
            network=net, cidr=settings.network.cidr, interfaces=settings.network.interface_endpoints
        ),
        opts,
    ).outputs
    return net, (*net.ready, *ways.ready)


def _access(
    settings: EksSettings, control_plane: cluster.Outputs, invoke: pulumi.InvokeOptions
) -> access.Args:
    deployer: pulumi.Input[str] | None = settings.deployer
    if deployer is None:
        # EKS takes no session of a role, which is what most callers are: the role behind it.
        caller = aws.get_caller_identity_output(opts=invoke)
        deployer = aws.iam.get_session_context_output(arn=caller.arn, opts=invoke).issuer_arn
    entries = {
        name: access.Entry(principal=entry.principal, policy=entry.policy, namespaces=entry.namespaces)
        for name, entry in settings.access_entries.items()
    }
    ours = access.Entry(principal=deployer, policy="clusterAdmin")
    return access.Args(cluster=control_plane.name, entries={**entries, access.DEPLOYER: ours})


def _groups(settings: EksSettings, net: network.Outputs) -> dict[str, node_groups.Group]:
    return {
        name: node_groups.Group(
            plan=plan_machines(name, group, settings.gpu),
            subnets=tuple(net.private[zone] for zone in zones_of(settings, group)),
        )
        for name, group in managed_groups(settings).items()
    }


def _models(
    settings: EksSettings,
    place: Place,
    pods: identity.Identity,
    key_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> tuple[pulumi.Resource, ...]:
    if not settings.model_buckets:
        return ()
    made = buckets.ModelBuckets(
        place,
        buckets.Args(
            buckets=settings.model_buckets,
            identity=pods,
            namespace=_MODELS,
            service_account=_PREDICTOR,
            key_arn=key_arn,
            protect=settings.deletion_protection,
        ),
        opts,
    )
    return made.outputs.ready
