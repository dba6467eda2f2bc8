"""How long EKS supports which Kubernetes: a dated table, since nobody can ask AWS before there is an account.

Facts: Amazon EKS user guide, "Understand the Kubernetes version lifecycle on EKS", as of `AS_OF`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from components.errors import PlatformError, Problem

AS_OF = date(2026, 11, 21)
SOURCE = "Amazon EKS user guide, Kubernetes version lifecycle"
DEFAULT = "1.35"

# Long enough to plan and rehearse an upgrade; also what the policies call soon.
SOON = timedelta(days=60)


@dataclass(frozen=True)
class Support:
    """Support of one minor version.

    Attributes:
        version: Major and minor, e.g. 1.35.
        standard_until: Last day of standard support; after it EKS upgrades, or charges for extended support.
        extended_until: Last day of extended support; after it EKS upgrades in any case.
    """

    version: str
    standard_until: date
    extended_until: date

    def until(self, *, extended: bool) -> date:
        """Last day of the support that a stack chose."""
        return self.extended_until if extended else self.standard_until


SUPPORT: tuple[Support, ...] = (
    Support("1.31", date(2025, 11, 26), date(2026, 11, 26)),
    Support("1.32", date(2026, 3, 23), date(2027, 3, 23)),
    Support("1.33", date(2026, 7, 29), date(2027, 7, 29)),
    Support("1.34", date(2026, 12, 2), date(2027, 12, 2)),
    Support("1.35", date(2027, 3, 27), date(2028, 3, 27)),
    Support("1.36", date(2027, 8, 2), date(2028, 8, 2)),
)

VERSIONS: tuple[str, ...] = tuple(support.version for support in SUPPORT)


def support_of(version: str) -> Support:
    """Support of a minor version.

    Raises:
        PlatformError: The table does not have it.
    """
    for support in SUPPORT:
        if support.version == version:
            return support
    raise PlatformError(
        Problem(
            what="EKS does not offer this version of Kubernetes",
            seen=version,
            why=f"the versions on {AS_OF} were: {', '.join(VERSIONS)}",
            fix="name one of them, or add it to components/facts/kubernetes_support.py",
        )
    )


def supported(*, extended: bool, on: date = AS_OF) -> tuple[str, ...]:
    """The versions with support on a day, oldest first."""
    return tuple(support.version for support in SUPPORT if on <= support.until(extended=extended))


def days_left(version: str, today: date, *, extended: bool = False) -> int:
    """Days of support that are left; negative after its end.

    Raises:
        PlatformError: The table does not have the version.
    """
    return (support_of(version).until(extended=extended) - today).days
