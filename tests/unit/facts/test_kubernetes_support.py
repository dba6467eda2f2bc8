"""The dated table of EKS's versions of Kubernetes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from components.errors import PlatformError
from components.facts.kubernetes_support import (
    AS_OF,
    DEFAULT,
    SOON,
    SUPPORT,
    days_left,
    support_of,
    supported,
)


def test_the_default_has_standard_support_for_longer_than_soon() -> None:
    assert support_of(DEFAULT).standard_until - AS_OF > SOON


def test_versions_follow_each_other_and_extended_support_is_a_year_more() -> None:
    minors = [int(support.version.split(".")[1]) for support in SUPPORT]
    more = [support.extended_until - support.standard_until for support in SUPPORT]

    assert minors == list(range(minors[0], minors[0] + len(minors)))
    assert {extra.days for extra in more} <= {365, 366}


@pytest.mark.parametrize(
    ("day", "extended", "versions"),
    [
        (date(2026, 11, 21), False, ("1.34", "1.35", "1.36")),
        (date(2026, 12, 2), False, ("1.34", "1.35", "1.36")),
        (date(2026, 12, 3), False, ("1.35", "1.36")),
        (date(2026, 11, 26), True, ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36")),
        (date(2026, 11, 27), True, ("1.32", "1.33", "1.34", "1.35", "1.36")),
    ],
)
def test_support_ends_after_its_last_day(day: date, extended: bool, versions: tuple[str, ...]) -> None:
    assert supported(extended=extended, on=day) == versions


def test_days_are_counted_and_negative_after_the_end() -> None:
    end = support_of("1.34").standard_until

    assert days_left("1.34", end - timedelta(days=11)) == 11
    assert days_left("1.34", end + timedelta(days=1)) == -1
    assert days_left("1.34", end, extended=True) == 365


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(PlatformError) as refused:
        support_of("1.63")

    assert str(refused.value) == (
        "EKS does not offer this version of Kubernetes\n"
        "  seen: 1.63\n"
        "  why:  the versions on 2026-11-21 were: 1.31, 1.32, 1.33, 1.34, 1.35, 1.36\n"
        "  do:   name one of them, or add it to components/facts/kubernetes_support.py"
    )
