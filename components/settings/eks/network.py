"""Network of an EKS cluster: its own, or one that is there; who reaches its API and its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from components.settings.aws_text import CertificateArn, Cidr, KeyArn, PrincipalArn, SubnetId, VpcId
from components.settings.base import Model
from components.settings.text import Word

Nat = Literal["single", "perZone", "none"]
Exposure = Literal["internal", "public"]


class Network(Model):
    """The VPC that this stack makes: private subnets for machines, public ones for load balancers."""

    cidr: Cidr = "10.0.0.0/16"
    """Addresses of the VPC."""

    service_cidr: Cidr = "172.20.0.0/16"
    """Addresses of Kubernetes Services; nothing else that machines talk to may have them."""

    nat: Nat = "single"
    """How private machines reach the internet: one gateway, one per zone (a zone's failure stays its own), or
    not at all."""

    interface_endpoints: bool = False
    """Whether AWS's own services are reached inside the VPC. Needed without NAT; S3 always is."""


class Existing(Model):
    """Infrastructure that is there already and is used instead of being made."""

    vpc: VpcId | None = None
    """VPC to use."""

    private_subnets: Mapping[Word, SubnetId] = {}
    """Subnets for machines, by availability zone."""

    public_subnets: Mapping[Word, SubnetId] = {}
    """Subnets for public load balancers, by availability zone."""

    kms_key: KeyArn | None = None
    """KMS key that encrypts secrets, disks and model buckets."""

    cluster_role: PrincipalArn | None = None
    """Role of the control plane."""

    node_role: PrincipalArn | None = None
    """Role of the machines."""


class Endpoint(Model):
    """Who reaches the Kubernetes API. From inside the VPC it is always reached."""

    public: bool = False
    """Whether the API is reached from the internet, by those of `allow` only. Without, the program itself
    must run inside the VPC."""

    allow: tuple[Cidr, ...] = ()
    """Blocks of addresses that reach the public endpoint."""


class LoadBalancer(Model):
    """The network load balancer in front of the gateway."""

    exposure: Exposure = "internal"
    """Whether models are reached from inside the VPC only, or from the internet. Outside of development
    `public` is refused until somebody says who may ask (policies/README.md)."""

    allow: tuple[Cidr, ...] = ()
    """Blocks of addresses that reach it. Absent: all that its exposure lets come."""

    certificate: CertificateArn | None = None
    """Certificate with which it ends TLS. Absent: plain HTTP."""
