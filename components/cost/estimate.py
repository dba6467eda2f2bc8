"""What an EKS stack costs, from its settings alone: pure, so that a budget is a test and not a hope.

Floor is every group at its minSize, ceiling at its maxSize, expected what `expected` of each group says. Not
counted is what depends on traffic: data through gateways and load balancers, logs, requests to S3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from components.facts.prices import HOURS_A_MONTH, Prices, PriceTable
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import desired_size, gpu_of, volume_of
from components.settings.eks.nodes import NodeGroup

Bound = Literal["floor", "expected", "ceiling"]
BOUNDS: tuple[Bound, ...] = ("floor", "expected", "ceiling")

# AWS's own services that machines need to join and run: ecr.api, ecr.dkr, sts, ec2, logs, eks, eks-auth.
INTERFACE_ENDPOINTS = 7
_FREE_THROUGHPUT, _FREE_IOPS = 125, 3000


@dataclass(frozen=True)
class Count:
    """How many of a thing there are, averaged over the day where that varies."""

    floor: Decimal
    expected: Decimal
    ceiling: Decimal

    @classmethod
    def always(cls, number: int) -> Count:
        """As many at any time."""
        return cls(Decimal(number), Decimal(number), Decimal(number))


@dataclass(frozen=True)
class Line:
    """One kind of thing that costs.

    Attributes:
        what: What it is.
        count: How many of it.
        hourly: US dollars an hour for each; None where the price is not known.
        dearest: The same of the dearest kind that may come in its place; it is what the ceiling counts.
        gpu: Whether it is there for GPUs.
        note: What the price does not say.
    """

    what: str
    count: Count
    hourly: Decimal | None
    dearest: Decimal | None
    gpu: bool = False
    note: str = ""

    def cost(self, bound: Bound) -> Decimal | None:
        """US dollars an hour; None where the price is not known, and 0 only where there is none of it."""
        number: Decimal = getattr(self.count, bound)
        price = self.dearest if bound == "ceiling" else self.hourly
        if number == 0:
            return Decimal(0)
        return None if price is None else number * price


@dataclass(frozen=True)
class Estimate:
    """What a stack costs.

    Attributes:
        lines: Everything that is counted.
    """

    lines: tuple[Line, ...]

    def hourly(self, bound: Bound, *, gpu: bool | None = None) -> Decimal:
        """US dollars an hour of what has a price; of GPU groups or the rest only, if asked."""
        lines = (line for line in self.lines if gpu is None or line.gpu == gpu)
        return sum((line.cost(bound) or Decimal(0) for line in lines), Decimal(0))

    def monthly(self, bound: Bound) -> Decimal:
        """US dollars a month of 730 hours of what has a price."""
        return self.hourly(bound) * HOURS_A_MONTH

    def gpu_share(self, bound: Bound) -> Decimal | None:
        """Part of the cost that is there for GPUs, 0 to 1; None where it cannot be told."""
        total = self.hourly(bound)
        return self.hourly(bound, gpu=True) / total if total and not self.unpriced(bound) else None

    def unpriced(self, bound: Bound) -> tuple[str, ...]:
        """What is counted and has no known price."""
        return tuple(line.what for line in self.lines if line.cost(bound) is None)


def estimate(cluster: EksSettings, table: PriceTable) -> Estimate:
    """What a stack with this cluster costs, or that part of it which the stack makes."""
    prices, part = table.of(cluster.region), cluster.stack.part
    lines: list[Line] = []
    if part in {"all", "infra"}:
        lines += _infrastructure(cluster, prices)
        for name, group in cluster.node_groups.items():
            lines += _group(name, group, prices, auto=cluster.autoscaler == "auto")
    if part in {"all", "platform"}:
        lines.append(_plain("load balancer", 1, prices.load_balancer))
    return Estimate(tuple(lines))


def _plain(what: str, number: int, hourly: Decimal | None) -> Line:
    return Line(what, Count.always(number), hourly, hourly)


def _infrastructure(cluster: EksSettings, prices: Prices) -> Iterator[Line]:
    extended = cluster.support == "extended"
    # Extended support is charged only after the end of the standard one; the ceiling is what it may come to.
    yield Line(
        "control plane",
        Count.always(1),
        prices.cluster,
        prices.cluster_extended if extended else prices.cluster,
    )
    if cluster.existing.vpc is None:
        gateways = {"none": 0, "single": 1, "perZone": len(cluster.zones)}[cluster.network.nat]
        if gateways:
            yield _plain("NAT gateways", gateways, prices.nat_gateway)
        if cluster.network.interface_endpoints:
            yield _plain("interface endpoints", INTERFACE_ENDPOINTS * len(cluster.zones), prices.endpoint)
    if cluster.encryption.customer_key and cluster.existing.kms_key is None:
        yield _plain("KMS key", 1, _hourly(prices.key))


def _group(name: str, group: NodeGroup, prices: Prices, *, auto: bool) -> Iterator[Line]:
    count, gpu = _machines(group), gpu_of(group) is not None
    block, spot = group.capacity == "capacityBlock", group.capacity == "spot"
    known = [None if block else prices.instance(each) for each in group.instance_types]
    note = (
        "paid in advance, by the block"
        if block
        else "at the on-demand price, which spot is below"
        if spot
        else ""
    )
    if group.capacity == "capacityReservation":
        note = "what is reserved costs the same while it is not used"
    types = ", ".join(group.instance_types)
    yield Line(f"{name}: {types}", count, known[0], _dearest(known), gpu, note)
    if auto:
        yield Line(f"{name}: fee of EKS Auto Mode", count, None, None, gpu)
    disk = _disk(group, prices)
    yield Line(f"{name}: disks", count, disk, disk, gpu)


def _machines(group: NodeGroup) -> Count:
    busy = group.expected.size
    size = max(desired_size(group) if busy is None else busy, group.min_size)
    day = Decimal(group.expected.hours_per_day) / 24
    expected = day * size + (1 - day) * group.min_size
    return Count(Decimal(group.min_size), expected, Decimal(group.max_size))


def _disk(group: NodeGroup, prices: Prices) -> Decimal | None:
    volume = volume_of(group)
    return _hourly(
        _sum(
            _times(prices.disk_gib, volume.size_gib),
            _times(prices.disk_throughput, max(0, volume.throughput_mibs - _FREE_THROUGHPUT)),
            _times(prices.disk_iops, max(0, volume.iops - _FREE_IOPS)),
        )
    )


def _dearest(prices: Iterable[Decimal | None]) -> Decimal | None:
    """The highest price; unknown if one of them is, since that one may be the highest."""
    dearest = Decimal(0)
    for price in prices:
        if price is None:
            return None
        dearest = max(dearest, price)
    return dearest


def _hourly(monthly: Decimal | None) -> Decimal | None:
    return None if monthly is None else monthly / HOURS_A_MONTH


def _times(price: Decimal | None, number: int) -> Decimal | None:
    return None if price is None else price * number


def _sum(*parts: Decimal | None) -> Decimal | None:
    total = Decimal(0)
    for part in parts:
        if part is None:
            return None
        total += part
    return total
