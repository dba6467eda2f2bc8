"""The dated price table."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from components.facts.instances import find
from components.facts.prices import STALE_AFTER, price_table
from components.facts.regions import REGIONS

TABLE = price_table()


@pytest.mark.parametrize(
    ("name", "price"),
    [
        ("m7i.xlarge", "0.2016"),
        ("m8i.xlarge", "0.21168"),
        ("g4dn.xlarge", "0.526"),
        ("g5.xlarge", "1.006"),
        ("g6.xlarge", "0.8048"),
        ("g6.2xlarge", "0.9776"),
        ("g6.12xlarge", "4.6016"),
        ("g6e.xlarge", "1.861"),
        ("g6e.2xlarge", "2.24208"),
        ("g6e.12xlarge", "10.49264"),
        ("g6f.large", "0.202"),
        ("p4d.24xlarge", "21.9576"),
        ("p5.4xlarge", "6.88"),
        ("p5.48xlarge", "55.04"),
        ("p5en.48xlarge", "63.296"),
        ("p6-b200.48xlarge", "113.9328"),
    ],
)
def test_prices_are_those_that_were_read(name: str, price: str) -> None:
    assert TABLE.of("us-east-1").instance(name) == Decimal(price)


def test_every_priced_type_and_region_exists() -> None:
    priced = {name for prices in TABLE.regions.values() for name in prices.instances or {}}

    assert [name for name in priced if find(name) is None] == []
    assert set(TABLE.regions) <= set(REGIONS)


def test_no_price_is_zero() -> None:
    prices = [price for region in TABLE.regions.values() for price in (region.instances or {}).values()]

    assert min(prices) > 0


def test_a_larger_machine_with_as_many_gpus_is_dearer() -> None:
    for prices in TABLE.regions.values():
        known = [(find(name), price) for name, price in (prices.instances or {}).items()]
        rows = [(one.family, one.gpus, one.vcpus, price) for one, price in known if one]
        for family in {row[:2] for row in rows}:
            in_order = sorted(row[2:] for row in rows if row[:2] == family)
            assert [price for _, price in in_order] == sorted(price for _, price in in_order), family


def test_what_is_not_known_has_no_price() -> None:
    assert TABLE.of("eu-west-1").instance("p5.48xlarge") is None
    assert TABLE.of("ap-south-1").instance("m7i.xlarge") is None
    assert TABLE.of("ap-south-1").cluster is None


def test_old_prices_are_told() -> None:
    assert TABLE.warning(TABLE.as_of + STALE_AFTER) is None
    assert str(TABLE.warning(TABLE.as_of + STALE_AFTER + timedelta(days=1))) == (
        "The prices are 181 days old\n"
        "  why:  they are of 2026-01-19, and AWS changes them a few times a year\n"
        "  do:   read them anew off AWS's price lists into components/facts/prices.yaml"
    )


def test_the_day_of_the_prices_is_a_day() -> None:
    assert TABLE.as_of <= date(2026, 11, 21)
