"""Rules about places: region, zones, addresses, and who reaches the API."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from components.errors import Problem
from components.facts.regions import REGIONS, zone_is_of
from components.settings.parts import Parts, Rule
from components.settings.places import nearest
from components.settings.rules.eks.scope import eks_of, groups_of, of_cluster, of_group

# RFC 1918, carrier-grade NAT, loopback and link-local: none of them comes from the internet.
_NOT_PUBLIC = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
)
_FOR_SERVICES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
MOST_ZONES = 7
_EVERYONE = "0.0.0.0/0"
_MOST_ALLOWED = 40


def region_is_known(parts: Parts) -> Iterator[Problem]:
    """A misspelt region fails as an address that cannot be resolved."""
    cluster = eks_of(parts)
    if cluster and cluster.region not in REGIONS:
        near = nearest(cluster.region, REGIONS)
        yield of_cluster(
            "region",
            value=cluster.region,
            what="is not an AWS region",
            why="nothing answers at its address",
            fix=f"write {near}" if near else "write one like eu-west-1",
        )


def zones_are_of_the_region(parts: Parts) -> Iterator[Problem]:
    """A subnet is in one zone of the region of its VPC."""
    cluster = eks_of(parts)
    if cluster is None or cluster.region not in REGIONS:
        return
    for index, zone in enumerate(cluster.zones):
        if not zone_is_of(zone, cluster.region):
            yield of_cluster(
                "zones",
                index,
                value=zone,
                what="is not a zone of the region",
                why=f"zones of {cluster.region} are its name and one letter",
                fix=f"write it like {cluster.region}a",
            )
        elif zone in cluster.zones[:index]:
            yield of_cluster(
                "zones",
                index,
                value=zone,
                what="is named twice",
                why="a zone gets one subnet",
                fix="remove it",
            )


def there_are_two_zones(parts: Parts) -> Iterator[Problem]:
    """EKS refuses a control plane in one zone."""
    cluster = eks_of(parts)
    if cluster and len(set(cluster.zones)) == 1:
        yield of_cluster(
            "zones",
            value=[*cluster.zones],
            what="has one zone only",
            why="EKS puts the control plane into two zones or more",
            fix="name another; a group of machines may still have one zone by its own `zones`",
        )


def zones_have_room(parts: Parts) -> Iterator[Problem]:
    """Each zone's machines and pods have an eighth of the VPC, load balancers the last one."""
    cluster = eks_of(parts)
    if cluster and cluster.existing.vpc is None and len(cluster.zones) > MOST_ZONES:
        yield of_cluster(
            "zones",
            value=[*cluster.zones],
            what=f"has more than {MOST_ZONES} zones",
            why="the VPC is cut into eight parts: one for each zone's pods, and one for load balancers",
            fix="name fewer: three carry a cluster through the failure of one",
        )


def zones_of_groups_are_of_the_cluster(parts: Parts) -> Iterator[Problem]:
    """There is no subnet elsewhere."""
    cluster = eks_of(parts)
    for name, group in groups_of(parts):
        for index, zone in enumerate(group.zones):
            if cluster and zone not in cluster.zones:
                yield of_group(
                    name,
                    "zones",
                    index,
                    value=zone,
                    what="is not a zone of the cluster",
                    why=f"subnets are in: {', '.join(cluster.zones)}",
                    fix="write one of them, or add it to kserve-platform:cluster.zones",
                )


def the_public_endpoint_is_for_somebody(parts: Parts) -> Iterator[Problem]:
    """Without a list AWS lets everyone come; with a list and no endpoint nobody does."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    endpoint = cluster.endpoint
    if endpoint.public and not endpoint.allow:
        yield of_cluster(
            "endpoint",
            "public",
            value=True,
            what="is open to the whole internet",
            why="without `allow` AWS lets every address come",
            fix="add `allow:` with the addresses of those who deploy, or remove it to stay private",
        )
    if endpoint.allow and not endpoint.public:
        yield of_cluster(
            "endpoint",
            "allow",
            value=[*endpoint.allow],
            what="has no effect",
            why="the API has no public endpoint",
            fix="remove it, or write public: true",
        )
    if len(endpoint.allow) > _MOST_ALLOWED:
        yield of_cluster(
            "endpoint",
            "allow",
            value=[*endpoint.allow],
            what=f"has more than {_MOST_ALLOWED} blocks",
            why="EKS takes no more",
            fix="join neighbours to larger blocks",
        )


def allowed_addresses_are_public_ones(parts: Parts) -> Iterator[Problem]:
    """EKS refuses private blocks in the list, and a list with everyone in it is none."""
    cluster = eks_of(parts)
    for index, block in enumerate(cluster.endpoint.allow if cluster else ()):
        if block == _EVERYONE:
            yield of_cluster(
                "endpoint",
                "allow",
                index,
                value=block,
                what="is the whole internet",
                why="a flaw of the API server could be used from anywhere",
                fix="name the addresses of those who deploy",
            )
        elif any(IPv4Network(block).overlaps(IPv4Network(private)) for private in _NOT_PUBLIC):
            yield of_cluster(
                "endpoint",
                "allow",
                index,
                value=block,
                what="has addresses that never come from the internet",
                why="EKS refuses private blocks; from inside the VPC the API is reached anyway",
                fix="remove it, or name the public address behind which they are",
            )


def blocks_have_room_and_are_apart(parts: Parts) -> Iterator[Problem]:
    """Addresses of pods are addresses of the VPC; those of Services must be nobody's."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    vpc, services = IPv4Network(cluster.network.cidr), IPv4Network(cluster.network.service_cidr)
    if not 16 <= vpc.prefixlen <= 20:
        yield of_cluster(
            "network",
            "cidr",
            value=cluster.network.cidr,
            what="is too wide" if vpc.prefixlen < 16 else "is too narrow",
            why="AWS takes /16 at most, and each pod needs an address: below /20 they run out",
            fix=f"write {vpc.network_address}/16" if vpc.prefixlen > 16 else "write it like 10.0.0.0/16",
        )
    inside = any(services.subnet_of(IPv4Network(block)) for block in _FOR_SERVICES)
    if not inside or not 12 <= services.prefixlen <= 24:
        yield of_cluster(
            "network",
            "serviceCidr",
            value=cluster.network.service_cidr,
            what="is no block for Services",
            why="EKS takes /12 to /24 within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
            fix="write it like 172.20.0.0/16",
        )
    elif services.overlaps(vpc) and cluster.existing.vpc is None:
        yield of_cluster(
            "network",
            "serviceCidr",
            value=cluster.network.service_cidr,
            what="overlaps with the VPC",
            why=f"network.cidr is {cluster.network.cidr}, and an address would have two owners",
            fix="write it like 172.20.0.0/16",
        )


def machines_reach_aws(parts: Parts) -> Iterator[Problem]:
    """A machine that cannot reach EKS, ECR and STS never joins the cluster."""
    cluster = eks_of(parts)
    if cluster and cluster.network.nat == "none" and not cluster.network.interface_endpoints:
        yield of_cluster(
            "network",
            "nat",
            value="none",
            what="leaves machines without any way to AWS",
            why="they join a cluster by way of EKS, ECR and STS",
            fix="add interfaceEndpoints: true, or write nat: single",
        )


RULES: tuple[Rule, ...] = (
    region_is_known,
    zones_are_of_the_region,
    there_are_two_zones,
    zones_have_room,
    zones_of_groups_are_of_the_cluster,
    the_public_endpoint_is_for_somebody,
    allowed_addresses_are_public_ones,
    blocks_have_room_and_are_apart,
    machines_reach_aws,
)
