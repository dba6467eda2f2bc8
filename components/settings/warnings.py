"""What is no mistake yet and will be one: told, with nothing refused."""

from __future__ import annotations

from datetime import date

from components.errors import Problem
from components.facts.kubernetes_support import DEFAULT, SOON, days_left, support_of
from components.settings.eks.cluster import EksSettings
from components.settings.keys import key_of
from components.settings.model import Settings


def warnings(settings: Settings, today: date) -> tuple[Problem, ...]:
    """What will need attention, seen from a day."""
    cluster = settings.cluster
    if not isinstance(cluster, EksSettings):
        return ()
    version, extended = cluster.kubernetes_version, cluster.support == "extended"
    left = days_left(version, today, extended=extended)
    if left > SOON.days:
        return ()
    end = support_of(version).until(extended=extended)
    what = f"is supported for {left} more days" if left >= 0 else "is out of support"
    upgrade = "EKS then upgrades the cluster by itself" if left >= 0 else "EKS upgrades the cluster by itself"
    return (
        Problem(
            what=what,
            seen=f'"{version}"',
            why=f"its {cluster.support} support {'ends' if left >= 0 else 'ended'} on {end}: {upgrade}",
            fix=f'plan the upgrade to "{DEFAULT}"'
            if version != DEFAULT
            else "plan the upgrade to a newer one",
            key=key_of(("cluster", "kubernetesVersion")),
        ),
    )
