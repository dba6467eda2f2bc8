"""Rules about infrastructure that is there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.errors import Problem
from components.settings.eks.network import Existing
from components.settings.parts import Parts, Rule
from components.settings.rules.eks.scope import eks_of, of_cluster


def subnets_come_with_their_vpc(parts: Parts) -> Iterator[Problem]:
    """A VPC alone has no place for machines; subnets alone belong to nobody."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    existing = cluster.existing
    if existing.vpc and not existing.private_subnets:
        yield of_cluster(
            "existing",
            "vpc",
            value=existing.vpc,
            what="has no subnets for machines",
            why="in a VPC that is there nothing is made",
            fix="add `privateSubnets:` with one for each zone",
        )
    if existing.vpc and cluster.load_balancer.exposure == "public" and not existing.public_subnets:
        yield of_cluster(
            "existing",
            "vpc",
            value=existing.vpc,
            what="has no subnets for public load balancers",
            why="kserve-platform:cluster.loadBalancer.exposure is public",
            fix="add `publicSubnets:` with one for each zone",
        )
    for key, subnets in _subnets(existing):
        if subnets and not existing.vpc:
            yield of_cluster(
                "existing",
                key,
                value=dict(subnets),
                what="belong to no VPC",
                why="this stack makes a VPC with subnets of its own",
                fix="add `vpc:` beside them, or remove them",
            )


def every_zone_has_a_subnet(parts: Parts) -> Iterator[Problem]:
    """The zones of the cluster and those of its subnets are the same."""
    cluster = eks_of(parts)
    if cluster is None or not cluster.existing.vpc:
        return
    existing = cluster.existing
    for key, subnets in _subnets(existing):
        for zone in subnets:
            if zone not in cluster.zones:
                yield of_cluster(
                    "existing",
                    key,
                    zone,
                    value=subnets[zone],
                    what="is in no zone of the cluster",
                    why=f"the zones are: {', '.join(cluster.zones)}",
                    fix="remove it, or add its zone to kserve-platform:cluster.zones",
                )
        missing = [zone for zone in cluster.zones if subnets and zone not in subnets]
        if missing:
            yield of_cluster(
                "existing",
                key,
                value=dict(subnets),
                what="leaves zones out",
                why=f"there is none for {', '.join(missing)}",
                fix="add them, or remove the zones from kserve-platform:cluster.zones",
            )


def a_subnet_is_named_once(parts: Parts) -> Iterator[Problem]:
    """One subnet is in one zone, and either private or public."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    seen: set[str] = set()
    for key, subnets in _subnets(cluster.existing):
        for zone, subnet in subnets.items():
            if subnet in seen:
                yield of_cluster(
                    "existing",
                    key,
                    zone,
                    value=subnet,
                    what="is named twice",
                    why="a subnet is in one zone, and either private or public",
                    fix="name another",
                )
            seen.add(subnet)


def nothing_is_said_of_what_is_not_made(parts: Parts) -> Iterator[Problem]:
    """An option that nothing would read is a trap."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    keys = {"cidr": "cidr", "nat": "nat", "interface_endpoints": "interfaceEndpoints"}
    for field, key in keys.items():
        if cluster.existing.vpc and field in cluster.network.model_fields_set:
            yield of_cluster(
                "network",
                key,
                value=getattr(cluster.network, field),
                what="has no effect",
                why=f"the VPC {cluster.existing.vpc} is used as it is",
                fix="remove it, or remove kserve-platform:cluster.existing.vpc",
            )
    if cluster.existing.kms_key and "deletion_window_days" in cluster.encryption.model_fields_set:
        yield of_cluster(
            "encryption",
            "deletionWindowDays",
            value=cluster.encryption.deletion_window_days,
            what="has no effect",
            why="the key is there already, and this stack never deletes it",
            fix="remove it, or remove kserve-platform:cluster.existing.kmsKey",
        )


def the_key_can_be_used(parts: Parts) -> Iterator[Problem]:
    """Keys and certificates are of one region, and a key that is not wanted is a contradiction."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    key = cluster.existing.kms_key
    if key and not cluster.encryption.customer_key:
        yield of_cluster(
            "encryption",
            "customerKey",
            value=False,
            what="contradicts existing.kmsKey",
            why="a key is given, and it is said not to use one",
            fix="remove one of the two",
        )
    for path, arn in (
        (("existing", "kmsKey"), key),
        (("loadBalancer", "certificate"), cluster.load_balancer.certificate),
    ):
        if arn and arn.split(":")[3] != cluster.region:
            yield of_cluster(
                *path,
                value=arn,
                what="is of another region",
                why=f"the cluster is in {cluster.region}, and AWS finds it in its own region only",
                fix=f"name one of {cluster.region}",
            )


def machines_and_control_plane_have_roles(parts: Parts) -> Iterator[Problem]:
    """Only a role can be taken on by a service of AWS's."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    for key, arn in (
        ("clusterRole", cluster.existing.cluster_role),
        ("nodeRole", cluster.existing.node_role),
    ):
        if arn and ":role/" not in arn:
            yield of_cluster(
                "existing",
                key,
                value=arn,
                what="is a user, not a role",
                why="AWS's services take on roles",
                fix="write it like arn:aws:iam::111122223333:role/eks",
            )


def _subnets(existing: Existing) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Both sets of subnets, with the key that each has in a stack file."""
    return ("privateSubnets", existing.private_subnets), ("publicSubnets", existing.public_subnets)


RULES: tuple[Rule, ...] = (
    subnets_come_with_their_vpc,
    every_zone_has_a_subnet,
    a_subnet_is_named_once,
    nothing_is_said_of_what_is_not_made,
    the_key_can_be_used,
    machines_and_control_plane_have_roles,
)
