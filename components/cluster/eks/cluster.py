"""The control plane, its role and its logs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.auto_mode import CLUSTER_POLICIES
from components.cluster.eks.documents import (
    document,
    grant_key,
    trust_service,
    trust_tagging_service,
    use_key,
)
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.eks.roles import Role


@dataclass(frozen=True, kw_only=True)
class Args:
    """What the control plane needs.

    Attributes:
        kubernetes_version: Minor version.
        extended_support: At the end of standard support, pay instead of being upgraded.
        subnets: Ids of the private subnets.
        service_cidr: Addresses of Services.
        public: The API is reached from the internet, by `allow` only.
        allow: Blocks of addresses.
        log_types: Logs that are kept.
        retention_days: Days that they are kept.
        key_arn: KMS key for secrets and logs; None for AWS's own.
        role_arn: Role that is there already; None to make one.
        auto: AWS makes machines, load balancers and volumes itself (EKS Auto Mode).
        protect: AWS and Pulumi refuse to delete it, and a zone's failure is moved away from.
    """

    kubernetes_version: str
    extended_support: bool
    subnets: tuple[pulumi.Input[str], ...]
    service_cidr: str
    public: bool
    allow: tuple[str, ...]
    log_types: tuple[str, ...]
    retention_days: int
    key_arn: pulumi.Input[str] | None
    role_arn: str | None
    protect: bool
    auto: bool = False


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What the control plane gives.

    Attributes:
        cluster: The cluster itself.
        name: Its name, known once there is one.
        arn: Its ARN.
        endpoint: URL of its API.
        authority: Its certificate authority, PEM in base64.
        issuer: URL of its OIDC issuer.
        security_group: Id of the group that EKS made for it and its machines.
    """

    cluster: pulumi.Resource
    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    authority: pulumi.Output[str]
    issuer: pulumi.Output[str]
    security_group: pulumi.Output[str]


class ControlPlane(Part):
    """An EKS cluster without machines."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("ControlPlane", "control-plane", place, opts)
        # EKS makes the group by itself where it is not there, and keeps its rows for ever.
        logs = aws.cloudwatch.LogGroup(
            "control-plane",
            name=f"/aws/eks/{place.cluster}/cluster",
            retention_in_days=args.retention_days,
            kms_key_id=args.key_arn,
            tags=place.tagged("control-plane"),
            opts=self._options(),
        )
        role_arn, ready = self._role(args)
        made = aws.eks.Cluster(
            "cluster",
            name=place.cluster,
            version=args.kubernetes_version,
            role_arn=role_arn,
            # Who made a cluster would be its administrator for ever, and nobody would see it.
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            # The add-ons are resources, with versions; self-managed ones would have to be taken over first.
            bootstrap_self_managed_addons=False,
            enabled_cluster_log_types=sorted(args.log_types),
            encryption_config=_encryption(args.key_arn),
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=list(args.subnets),
                endpoint_private_access=True,
                endpoint_public_access=args.public,
                public_access_cidrs=list(args.allow) if args.public else None,
            ),
            kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
                ip_family="ipv4",
                service_ipv4_cidr=args.service_cidr,
                elastic_load_balancing=_auto_balancing() if args.auto else None,
            ),
            compute_config=_auto_machines() if args.auto else None,
            storage_config=_auto_volumes() if args.auto else None,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(
                support_type="EXTENDED" if args.extended_support else "STANDARD"
            ),
            deletion_protection=args.protect,
            zonal_shift_config=aws.eks.ClusterZonalShiftConfigArgs(enabled=args.protect),
            tags=place.tagged("cluster"),
            opts=self._options([logs, *ready], protect=args.protect),
        )
        self.outputs = Outputs(
            cluster=made,
            name=made.name,
            arn=made.arn,
            endpoint=made.endpoint,
            authority=made.certificate_authority.apply(lambda authority: authority.data),
            issuer=made.identities.apply(lambda identities: identities[0].oidcs[0].issuer),
            security_group=made.vpc_config.apply(lambda config: config.cluster_security_group_id),
        )
        self.register_outputs({})

    def _role(self, args: Args) -> tuple[pulumi.Input[str], tuple[pulumi.Resource, ...]]:
        if args.role_arn is not None:
            return args.role_arn, ()
        inline = {}
        if args.key_arn is not None:
            key = pulumi.Output.from_input(args.key_arn)
            inline["key"] = key.apply(lambda arn: document(use_key(arn), grant_key(arn)))
        role = Role(
            "control-plane",
            self._place,
            trust_tagging_service("eks.amazonaws.com") if args.auto else trust_service("eks.amazonaws.com"),
            self._options(),
            managed=["AmazonEKSClusterPolicy", *(CLUSTER_POLICIES if args.auto else ())],
            inline=inline,
        )
        return role.arn, role.ready


# EKS takes the three only together.
def _auto_machines() -> aws.eks.ClusterComputeConfigArgs:
    """Pools are this project's own: of EKS's built-in ones nobody could say the types and bounds."""
    return aws.eks.ClusterComputeConfigArgs(enabled=True, node_pools=[])


def _auto_volumes() -> aws.eks.ClusterStorageConfigArgs:
    block = aws.eks.ClusterStorageConfigBlockStorageArgs(enabled=True)
    return aws.eks.ClusterStorageConfigArgs(block_storage=block)


def _auto_balancing() -> aws.eks.ClusterKubernetesNetworkConfigElasticLoadBalancingArgs:
    return aws.eks.ClusterKubernetesNetworkConfigElasticLoadBalancingArgs(enabled=True)


def _encryption(key_arn: pulumi.Input[str] | None) -> aws.eks.ClusterEncryptionConfigArgs | None:
    if key_arn is None:
        return None
    return aws.eks.ClusterEncryptionConfigArgs(
        provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key_arn), resources=["secrets"]
    )
