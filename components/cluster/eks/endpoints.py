"""Ways to AWS's own services that stay inside the VPC."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks import network
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place

# What machines and add-ons ask (EKS user guide, "Deploy private clusters with limited internet access").
SERVICES = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "logs",
    "sts",
)
KARPENTERS = ("sqs", "ssm")
"""What Karpenter asks besides (its documentation, "Private Clusters")."""


@dataclass(frozen=True, kw_only=True)
class Args:
    """What the endpoints need.

    Attributes:
        network: The VPC that they are in, made here.
        cidr: Its addresses: who may ask.
        interfaces: Also the ones that cost by the hour; without, only S3's.
        more: Further services that software on the cluster asks.
    """

    network: network.Outputs
    cidr: str
    interfaces: bool
    more: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What the endpoints give.

    Attributes:
        ready: What machines without any other way out need.
    """

    ready: tuple[pulumi.Resource, ...]


class Endpoints(Part):
    """The endpoints of a VPC."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Endpoints", "endpoints", place, opts)
        # Layers of images and models come from S3: through a NAT gateway every gigabyte of them is paid for.
        storage = aws.ec2.VpcEndpoint(
            "s3",
            vpc_id=args.network.vpc,
            service_name=f"com.amazonaws.{place.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=list(args.network.private_tables),
            tags=place.tagged("s3"),
            opts=self._options(),
        )
        interfaces = self._interfaces(args) if args.interfaces else []
        self.outputs = Outputs(ready=(storage, *interfaces))
        self.register_outputs({})

    def _interfaces(self, args: Args) -> list[pulumi.Resource]:
        group = aws.ec2.SecurityGroup(
            "endpoints",
            vpc_id=args.network.vpc,
            description="HTTPS from the VPC to AWS services",
            tags=self._place.tagged("endpoints"),
            opts=self._options(),
        )
        aws.vpc.SecurityGroupIngressRule(
            "endpoints-https",
            security_group_id=group.id,
            cidr_ipv4=args.cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            tags=self._place.tagged("endpoints-https"),
            opts=self._options(),
        )
        return [
            aws.ec2.VpcEndpoint(
                service,
                vpc_id=args.network.vpc,
                service_name=f"com.amazonaws.{self._place.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=list(args.network.private.values()),
                security_group_ids=[group.id],
                private_dns_enabled=True,
                tags=self._place.tagged(service),
                opts=self._options(),
            )
            for service in (*SERVICES, *args.more)
        ]
