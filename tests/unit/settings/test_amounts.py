"""Amounts of CPU and memory: compared as Kubernetes does, and filled up without contradiction."""

from __future__ import annotations

from fractions import Fraction

import pytest

from components.settings.amounts import amount
from components.settings.resources import Amounts, Resources, sized

DEFAULT = Resources(
    requests=Amounts(cpu="1", memory="2Gi"),
    limits=Amounts(cpu="1", memory="2Gi"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", Fraction(1)),
        ("0.5", Fraction(1, 2)),
        ("500m", Fraction(1, 2)),
        ("1k", Fraction(1000)),
        ("1.5G", Fraction(1_500_000_000)),
        ("1Ki", Fraction(1024)),
        ("2Gi", Fraction(2 * 1024**3)),
        ("1E", Fraction(10**18)),
        ("1Ei", Fraction(1024**6)),
    ],
)
def test_an_amount_is_the_number_that_kubernetes_reads(text: str, expected: Fraction) -> None:
    assert amount(text) == expected


MORE_MEMORY = Resources(requests=Amounts(memory="4Gi"))
LESS_CPU = Resources(limits=Amounts(cpu="200m"))
NOTHING = Resources()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (NOTHING, DEFAULT),
        (
            MORE_MEMORY,
            Resources(requests=Amounts(cpu="1", memory="4Gi"), limits=Amounts(cpu="1", memory="4Gi")),
        ),
        (
            LESS_CPU,
            Resources(requests=Amounts(cpu="200m", memory="2Gi"), limits=Amounts(cpu="200m", memory="2Gi")),
        ),
        (
            Resources(requests=Amounts(cpu="10m"), limits=Amounts(memory="8Gi")),
            Resources(requests=Amounts(cpu="10m", memory="2Gi"), limits=Amounts(cpu="1", memory="8Gi")),
        ),
    ],
)
def test_a_default_gives_way_to_what_contradicts_it(asked: Resources, expected: Resources) -> None:
    assert sized(asked, DEFAULT, NOTHING) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (NOTHING, NOTHING),
        (Resources(requests=Amounts(memory="1Gi")), Resources(requests=Amounts(memory="1Gi"))),
        (MORE_MEMORY, Resources(requests=Amounts(memory="4Gi"), limits=Amounts(memory="4Gi"))),
        (LESS_CPU, Resources(requests=Amounts(cpu="200m"), limits=Amounts(cpu="200m"))),
    ],
)
def test_what_others_fill_in_is_written_only_to_be_overruled(asked: Resources, expected: Resources) -> None:
    assert sized(asked, NOTHING, DEFAULT) == expected
