"""The whole of `kserve-platform:cluster` with `provider: eks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from components.facts.kubernetes_support import DEFAULT
from components.settings.aws_text import AwsTag, GroupName, PrincipalArn
from components.settings.base import Model
from components.settings.eks.access import AccessEntry, Encryption, Identity, Logs, ModelBucket
from components.settings.eks.network import Endpoint, Existing, LoadBalancer, Network
from components.settings.eks.nodes import GpuSettings, NodeGroup
from components.settings.text import MinorVersion, Word

Autoscaler = Literal["clusterAutoscaler", "karpenter", "auto"]
Part = Literal["all", "infra", "platform", "services"]
SupportPolicy = Literal["standard", "extended"]


class StackPart(Model):
    """Which part of the whole this stack is. The three parts have the same `cluster` section but for this."""

    part: Part = "all"
    """What this stack makes: everything, or AWS alone (infra), what is installed on the cluster (platform),
    or the models (services), whose names `modelBuckets` must say then. A private API is reached from inside
    the VPC only, so that there platform and services run elsewhere than infra."""

    infra: Word | None = None
    """Stack reference of the infra part, for the others, e.g. organization/kserve-platform/eks-prod-infra."""

    platform: Word | None = None
    """Stack reference of the platform part, for services."""


class Budget(Model):
    """What the stack may cost at most, all groups at their maxSize. Absent parts have no bound."""

    hourly_usd: Annotated[int, Field(ge=1)] | None = None
    """Most US dollars an hour."""

    monthly_usd: Annotated[int, Field(ge=1)] | None = None
    """Most US dollars a month of 730 hours."""

    gpus: Annotated[int, Field(ge=0)] | None = None
    """Most GPUs at a time."""


class EksSettings(Model):
    """An EKS cluster that this stack makes."""

    provider: Literal["eks"]
    """What gives the cluster."""

    stack: StackPart = StackPart()
    """Which part of the whole this stack is."""

    region: Word
    """AWS region, e.g. eu-west-1."""

    zones: Annotated[tuple[Word, ...], Field(min_length=1)]
    """Availability zones; EKS wants two or more. Named, so that a new zone of AWS's never moves a subnet."""

    kubernetes_version: MinorVersion = DEFAULT
    """Kubernetes minor version, in quotes; EKS chooses the patch."""

    support: SupportPolicy = "standard"
    """What happens at the end of a version's standard support: EKS upgrades the cluster by itself, or extends
    support at six times the price."""

    network: Network = Network()
    """The VPC that this stack makes."""

    existing: Existing = Existing()
    """Infrastructure that is there already, used instead of being made."""

    endpoint: Endpoint = Endpoint()
    """Who reaches the Kubernetes API."""

    deployer: PrincipalArn | None = None
    """Role or user that deploys this stack and administers the cluster. Absent: whoever makes it."""

    access_entries: Mapping[GroupName, AccessEntry] = {}
    """Who else may use the cluster, by a name for each."""

    encryption: Encryption = Encryption()
    """The customer managed KMS key."""

    logs: Logs = Logs()
    """Logs of the control plane."""

    identity: Identity = "podIdentity"
    """How pods become IAM roles: EKS Pod Identity, or an OIDC provider and annotated service accounts."""

    node_groups: Annotated[Mapping[GroupName, NodeGroup], Field(min_length=1)]
    """Groups of machines by name."""

    gpu: GpuSettings = GpuSettings()
    """What runs on machines with GPUs."""

    autoscaler: Autoscaler = "clusterAutoscaler"
    """What changes the number of machines: `clusterAutoscaler` keeps each group within its bounds;
    `karpenter` makes the machines of groups with minSize 0 itself; `auto` (EKS Auto Mode) those of all."""

    model_buckets: Mapping[GroupName, ModelBucket] = {}
    """S3 buckets with models, by a name for each."""

    load_balancer: LoadBalancer = LoadBalancer()
    """The load balancer in front of the gateway."""

    addon_versions: Mapping[Word, Word] = {}
    """Versions of EKS add-ons by name, e.g. vpc-cni: v1.20.4-eksbuild.1. Absent ones: as this project pins
    them."""

    deletion_protection: bool = False
    """Whether AWS and Pulumi refuse to delete cluster, key and buckets."""

    tags: Mapping[AwsTag, AwsTag] = {}
    """Tags of every AWS resource, e.g. owner and cost-centre."""

    budget: Budget = Budget()
    """What the stack may cost at most."""
