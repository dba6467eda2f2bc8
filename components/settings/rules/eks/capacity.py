"""Rules about how machines are bought."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.eks.derived import instances_of, managed_groups, zones_of
from components.settings.parts import Parts, Rule
from components.settings.rules.eks.scope import eks_of, groups_of, of_group

_BOUGHT_BEFORE = ("capacityReservation", "capacityBlock")
# EC2 user guide, Capacity Blocks for ML, as of 2026-11-21; trn types are not for this project.
BLOCK_FAMILIES = ("p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300")


def reservations_are_named_where_they_are_used(parts: Parts) -> Iterator[Problem]:
    """AWS would sell new machines beside those that are paid for."""
    for name, group in groups_of(parts):
        bought = group.capacity in _BOUGHT_BEFORE
        if bought and group.reservation is None:
            yield of_group(
                name,
                "capacity",
                value=group.capacity,
                what="does not say which one",
                why="AWS puts machines only into a reservation that is named",
                fix="add `reservation:` beside it, like cr-0123456789abcdef0",
            )
        if not bought and group.reservation is not None:
            fix = "write capacity: capacityReservation or capacityBlock, or remove the reservation"
            yield of_group(
                name,
                "reservation",
                value=group.reservation,
                what=f"does not go with {group.capacity}",
                why="machines of a reservation are bought already, others are bought anew",
                fix=fix,
            )


def a_reservation_is_in_one_zone(parts: Parts) -> Iterator[Problem]:
    """In other zones the group would ask for machines that are not reserved, and get none."""
    cluster = eks_of(parts)
    for name, group in groups_of(parts):
        single = group.capacity == "capacityBlock" or (group.reservation or "").startswith("cr-")
        if cluster and group.capacity in _BOUGHT_BEFORE and single and len(zones_of(cluster, group)) > 1:
            kind = "block" if group.capacity == "capacityBlock" else "reservation"
            yield of_group(
                name,
                "zones",
                value=[*zones_of(cluster, group)],
                what=f"has several zones for one {kind}",
                why=f"a capacity {kind} is in one zone",
                fix=f"write zones: with the one of the {kind}",
            )


def a_reservation_is_of_one_type(parts: Parts) -> Iterator[Problem]:
    """A reservation has machines of one type."""
    for name, group in groups_of(parts):
        single = group.capacity == "capacityBlock" or (group.reservation or "").startswith("cr-")
        if group.capacity in _BOUGHT_BEFORE and single and len(group.instance_types) > 1:
            yield of_group(
                name,
                "instanceTypes",
                value=[*group.instance_types],
                what="has several types for one reservation",
                why="AWS reserves machines of one type",
                fix="write the type that is reserved",
            )


def blocks_are_of_types_that_are_sold_so(parts: Parts) -> Iterator[Problem]:
    """AWS sells blocks of few families."""
    for name, group in groups_of(parts):
        for instance in instances_of(group):
            if group.capacity == "capacityBlock" and instance.family not in BLOCK_FAMILIES:
                yield of_group(
                    name,
                    "instanceTypes",
                    group.instance_types.index(instance.name),
                    value=instance.name,
                    what="is not sold in capacity blocks",
                    why=f"AWS sells blocks of: {', '.join(BLOCK_FAMILIES)}",
                    fix="write one of these, or capacity: capacityReservation",
                )


def machines_made_for_pods_name_their_reservation_by_its_id(parts: Parts) -> Iterator[Problem]:
    """Classes of Karpenter and of Auto Mode select reservations, and know no resource groups of them."""
    cluster = eks_of(parts)
    managed = managed_groups(cluster) if cluster else {}
    for name, group in groups_of(parts):
        if cluster and name not in managed and (group.reservation or "").startswith("arn:"):
            yield of_group(
                name,
                "reservation",
                value=group.reservation,
                what="names a resource group",
                why=f"with autoscaler: {cluster.autoscaler} machines of this group are started by classes, "
                "which take ids of reservations only",
                fix="write the id of a reservation, like cr-0123456789abcdef0, "
                "or autoscaler: clusterAutoscaler",
            )


RULES: tuple[Rule, ...] = (
    reservations_are_named_where_they_are_used,
    a_reservation_is_in_one_zone,
    a_reservation_is_of_one_type,
    blocks_are_of_types_that_are_sold_so,
    machines_made_for_pods_name_their_reservation_by_its_id,
)
