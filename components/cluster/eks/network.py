"""The VPC: private subnets for machines, public ones for load balancers, and the ways out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.addresses import plan_subnets
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.settings.eks.network import Nat

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Args:
    """What the network needs.

    Attributes:
        cidr: Addresses of the VPC.
        zones: Availability zones, in an order that only grows.
        nat: How private machines reach the internet.
    """

    cidr: str
    zones: tuple[str, ...]
    nat: Nat


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """A network that a cluster can be put into, made here or found.

    Attributes:
        vpc: Id of the VPC.
        private: Ids of the subnets for machines, by zone.
        public: Ids of the subnets for public load balancers, by zone.
        private_tables: Ids of the route tables of the private subnets; empty where they were found.
        ready: What machines need to reach anything. Gone before them, they could not even be drained.
    """

    vpc: pulumi.Input[str]
    private: Mapping[str, pulumi.Input[str]]
    public: Mapping[str, pulumi.Input[str]]
    private_tables: tuple[pulumi.Input[str], ...] = ()
    ready: tuple[pulumi.Resource, ...] = ()


class Network(Part):
    """A VPC of the stack's own."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Network", "network", place, opts)
        self._vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block=args.cidr,
            # Private endpoints of AWS's services, the cluster's own among them, are found by name.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=place.tagged("vpc"),
            opts=self._options(),
        )
        plan = plan_subnets(args.cidr, args.zones)
        # The load balancer controller finds subnets by these tags.
        public = {
            zone: self._subnet("public", zone, block, {"kubernetes.io/role/elb": "1"})
            for zone, block in plan.public.items()
        }
        private = {
            zone: self._subnet("private", zone, block, {"kubernetes.io/role/internal-elb": "1"})
            for zone, block in plan.private.items()
        }
        internet = self._public_routes(public)
        tables, ready = self._private_routes(args.nat, public, private, internet)
        self.outputs = Outputs(
            vpc=self._vpc.id,
            private={zone: subnet.id for zone, subnet in private.items()},
            public={zone: subnet.id for zone, subnet in public.items()},
            private_tables=tuple(table.id for table in tables),
            ready=tuple(ready),
        )
        self.register_outputs({})

    def _subnet(self, kind: str, zone: str, block: str, tags: Mapping[str, str]) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"{kind}-{zone}",
            vpc_id=self._vpc.id,
            availability_zone=zone,
            cidr_block=block,
            # Load balancers and gateways bring addresses of their own; nothing else lives in public subnets.
            map_public_ip_on_launch=False,
            tags=self._place.tagged(f"{kind}-{zone}", **tags),
            opts=self._options(),
        )

    def _public_routes(self, subnets: Mapping[str, aws.ec2.Subnet]) -> aws.ec2.Route:
        gateway = aws.ec2.InternetGateway(
            "internet", vpc_id=self._vpc.id, tags=self._place.tagged("internet"), opts=self._options()
        )
        table = self._table("public", subnets)
        return aws.ec2.Route(
            "public-internet",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._options(),
        )

    def _private_routes(
        self,
        nat: Nat,
        public: Mapping[str, aws.ec2.Subnet],
        private: Mapping[str, aws.ec2.Subnet],
        internet: aws.ec2.Route,
    ) -> tuple[list[aws.ec2.RouteTable], list[pulumi.Resource]]:
        """A table per zone, so that one gateway per zone is a change of routes and not of subnets."""
        tables, ready, gateways = [], [], {}
        for zone in [] if nat == "none" else list(private)[: 1 if nat == "single" else None]:
            gateways[zone] = self._nat(zone, public[zone], internet)
        for zone, subnet in private.items():
            table = self._table(f"private-{zone}", {zone: subnet})
            tables.append(table)
            if gateways:
                through = gateways.get(zone) or next(iter(gateways.values()))
                ready.append(
                    aws.ec2.Route(
                        f"private-{zone}-internet",
                        route_table_id=table.id,
                        destination_cidr_block=ANYWHERE,
                        nat_gateway_id=through.id,
                        opts=self._options(),
                    )
                )
        return tables, ready

    def _nat(self, zone: str, subnet: aws.ec2.Subnet, internet: aws.ec2.Route) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            f"nat-{zone}", domain="vpc", tags=self._place.tagged(f"nat-{zone}"), opts=self._options()
        )
        return aws.ec2.NatGateway(
            f"nat-{zone}",
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags=self._place.tagged(f"nat-{zone}"),
            # It reaches nothing before the internet gateway's route does.
            opts=self._options([internet]),
        )

    def _table(self, name: str, subnets: Mapping[str, aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        table = aws.ec2.RouteTable(
            name, vpc_id=self._vpc.id, tags=self._place.tagged(name), opts=self._options()
        )
        for zone, subnet in subnets.items():
            aws.ec2.RouteTableAssociation(
                name if zone in name else f"{name}-{zone}",
                subnet_id=subnet.id,
                route_table_id=table.id,
                opts=self._options(),
            )
        return table
