"""What AWS asks for things: a dated table of on-demand list prices in US dollars.

No data set that can be had offline is both current and right. So the table is small, says its day and its
source, and leaves out what is not known. An unknown price is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import yaml

from components.errors import Problem

DATA = Path(__file__).with_name("prices.yaml")

HOURS_A_MONTH = 730
STALE_AFTER = timedelta(days=180)


@dataclass(frozen=True)
class Prices:
    """Prices of one region, US dollars; None where one is not known.

    Attributes:
        cluster: Of a control plane, an hour.
        cluster_extended: The same with extended support.
        nat_gateway: Of a NAT gateway, an hour, without what passes through it.
        load_balancer: Of a network load balancer, an hour, without what passes through it.
        endpoint: Of an interface endpoint in one zone, an hour.
        key: Of a KMS key, a month.
        disk_gib: Of a gp3 volume's GiB, a month.
        disk_throughput: Of a gp3 volume's MiB/s above 125, a month.
        disk_iops: Of a gp3 volume's operations a second above 3000, a month.
        instances: Of machines by type, an hour.
    """

    cluster: Decimal | None = None
    cluster_extended: Decimal | None = None
    nat_gateway: Decimal | None = None
    load_balancer: Decimal | None = None
    endpoint: Decimal | None = None
    key: Decimal | None = None
    disk_gib: Decimal | None = None
    disk_throughput: Decimal | None = None
    disk_iops: Decimal | None = None
    instances: Mapping[str, Decimal] | None = None

    def instance(self, name: str) -> Decimal | None:
        """Price of a machine, an hour."""
        return (self.instances or {}).get(name)


@dataclass(frozen=True)
class PriceTable:
    """Prices by region.

    Attributes:
        as_of: Day of the prices.
        source: Where they are from.
        regions: Prices of each region that is known.
    """

    as_of: date
    source: str
    regions: Mapping[str, Prices]

    def of(self, region: str) -> Prices:
        """Prices of a region; of an unknown one, none is known."""
        return self.regions.get(region, Prices())

    def warning(self, today: date) -> Problem | None:
        """What to say of prices that are too old to plan with."""
        age = today - self.as_of
        if age <= STALE_AFTER:
            return None
        return Problem(
            what=f"The prices are {age.days} days old",
            why=f"they are of {self.as_of}, and AWS changes them a few times a year",
            fix="read them anew off AWS's price lists into components/facts/prices.yaml",
        )


@lru_cache(maxsize=1)
def price_table() -> PriceTable:
    """The table of this project."""
    read = yaml.safe_load(DATA.read_text())
    more = read["more_instances"]
    return PriceTable(
        as_of=date.fromisoformat(read["as_of"]),
        source=read["source"],
        regions={
            region: _prices(facts, {**facts["instances"], **more.get(region, {})})
            for region, facts in read["regions"].items()
        },
    )


def _prices(facts: Mapping[str, str], instances: Mapping[str, str]) -> Prices:
    return Prices(
        cluster=Decimal(facts["cluster_hour"]),
        cluster_extended=Decimal(facts["cluster_hour_extended"]),
        nat_gateway=Decimal(facts["nat_gateway_hour"]),
        load_balancer=Decimal(facts["load_balancer_hour"]),
        endpoint=Decimal(facts["endpoint_hour"]),
        key=Decimal(facts["key_month"]),
        disk_gib=Decimal(facts["disk_gib_month"]),
        disk_throughput=Decimal(facts["disk_throughput_month"]),
        disk_iops=Decimal(facts["disk_iops_month"]),
        instances={name: Decimal(price) for name, price in instances.items()},
    )
