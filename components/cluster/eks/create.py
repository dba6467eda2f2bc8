"""Settings to a whole EKS cluster: every part, given what it needs of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pulumi
import pulumi_aws as aws

from components.cluster.base import Cluster
from components.cluster.eks import (
    access,
    addons,
    auto_mode,
    buckets,
    cluster,
    controllers,
    encryption,
    endpoints,
    identity,
    karpenter,
    network,
    node_groups,
)
from components.cluster.eks.addon_plan import plan_addons
from components.cluster.eks.handle import Handover, hand_over
from components.cluster.eks.kubeconfig import kubeconfig
from components.cluster.eks.machine_plan import plan_machines
from components.cluster.eks.place import Place, place_of
from components.cluster.eks.storage import storage_class
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import managed_groups, zones_of
from components.settings.keys import PROJECT

Readers = Mapping[str, tuple[str, ...]]
_NOBODY: Readers = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Infrastructure:
    """What AWS gives.

    Attributes:
        handover: What the rest of the program is told of it.
        ready: What objects on the cluster need, and what must stay until they are gone.
    """

    handover: Handover
    ready: tuple[pulumi.Resource, ...]


def create_eks(settings: EksSettings, stack: str, *, small: bool, readers: Readers = _NOBODY) -> Cluster:
    """Make the cluster and hand it over.

    Args:
        settings: The stack's cluster.
        stack: Its name.
        small: Requests are lowered.
        readers: Names of the model buckets that a service reads, by service.

    Raises:
        PlatformError: No version of an add-on is pinned.
    """
    made = create_infrastructure(settings, stack, readers=readers)
    handle = hand_over(settings, _place(settings, stack), made.handover, small=small, depends_on=made.ready)
    storage_class(
        made.handover.key_arn,
        pulumi.ResourceOptions(provider=handle.kubernetes),
        auto=settings.autoscaler == "auto",
    )
    return handle


def _place(settings: EksSettings, stack: str) -> Place:
    return place_of(f"{PROJECT}-{stack}", settings.region, settings.tags)


def create_infrastructure(settings: EksSettings, stack: str, *, readers: Readers = _NOBODY) -> Infrastructure:
    """Make the AWS side of a cluster, and nothing on it.

    Args:
        settings: The stack's cluster.
        stack: Its name.
        readers: Names of the model buckets that a service reads, by service.

    Raises:
        PlatformError: No version of an add-on is pinned.
    """
    place, auto = _place(settings, stack), settings.autoscaler == "auto"
    provider = aws.Provider("aws", region=settings.region)
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
            auto=auto,
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
        settings.kubernetes_version,
        settings.addon_versions,
        pod_identity=settings.identity == "podIdentity",
        auto=auto,
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
    machines = _machines(settings, place, control_plane.name, net, key_arn, (*reachable, *first.ready), opts)
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
    models = _models(settings, place, pods, key_arn, readers, opts)
    roles = controllers.Controllers(
        place, controllers.Args(identity=pods, autoscaler=settings.autoscaler), opts
    ).outputs
    scaler = _karpenter(settings, place, pods, machines, opts)
    content = pulumi.Output.all(control_plane.endpoint, control_plane.authority).apply(
        lambda known: kubeconfig(place.cluster, settings.region, known[0], known[1])
    )
    handover = Handover(
        kubeconfig=content,
        vpc=net.vpc,
        subnets=net.private,
        security_group=control_plane.security_group,
        node_role=machines.role,
        key_arn=key_arn,
        roles={**roles.roles, **({"karpenter": scaler.role} if scaler else {})},
        readers=models.readers,
        interruption_queue=scaler.queue if scaler else None,
        instance_profile=scaler.instance_profile if scaler else None,
    )
    ready = (*allowed.ready, *machines.ready, *later.ready, *models.ready, *roles.ready)
    if scaler is not None:
        ready += scaler.ready
    return Infrastructure(handover=handover, ready=ready)


def _machines(
    settings: EksSettings,
    place: Place,
    name: pulumi.Input[str],
    net: network.Outputs,
    key_arn: pulumi.Input[str] | None,
    after: tuple[pulumi.Resource, ...],
    opts: pulumi.ResourceOptions,
) -> node_groups.Outputs:
    role_arn = settings.existing.node_role
    if settings.autoscaler == "auto":
        args = auto_mode.Args(cluster=name, role_arn=role_arn, after=after)
        return auto_mode.AutoMode(place, args, opts).outputs
    return node_groups.NodeGroups(
        place,
        node_groups.Args(
            cluster=name,
            kubernetes_version=settings.kubernetes_version,
            groups=_groups(settings, net),
            key_arn=key_arn,
            role_arn=role_arn,
            after=after,
        ),
        opts,
    ).outputs


def _karpenter(
    settings: EksSettings,
    place: Place,
    pods: identity.Identity,
    machines: node_groups.Outputs,
    opts: pulumi.ResourceOptions,
) -> karpenter.Outputs | None:
    if settings.autoscaler != "karpenter":
        return None
    args = karpenter.Args(identity=pods, node_role=machines.role, node_role_arn=machines.role_arn)
    return karpenter.Karpenter(place, args, opts).outputs


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
            network=net,
            cidr=settings.network.cidr,
            interfaces=settings.network.interface_endpoints,
            more=endpoints.KARPENTERS if settings.autoscaler == "karpenter" else (),
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
    readers: Readers,
    opts: pulumi.ResourceOptions,
) -> buckets.Outputs:
    if not settings.model_buckets:
        return buckets.Outputs(readers={}, ready=())
    made = buckets.ModelBuckets(
        place,
        buckets.Args(
            buckets=settings.model_buckets,
            identity=pods,
            readers=readers,
            key_arn=key_arn,
            protect=settings.deletion_protection,
        ),
        opts,
    )
    return made.outputs
