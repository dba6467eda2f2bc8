"""What is no mistake yet and will be one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from components.settings.load import load_stack_file
from components.settings.model import EksSettings, KindSettings, NodeGroup, Settings
from components.settings.warnings import warnings

STACKS = Path(__file__).parents[3] / "stacks"
GROUP = NodeGroup(instance_types=("m7i.xlarge",), min_size=1, max_size=2)
KEY = "kserve-platform:cluster.kubernetesVersion"
THEN = "EKS then upgrades the cluster by itself"


def _settings(version: str, support: str = "standard") -> Settings:
    zones = ("eu-west-1a", "eu-west-1b")
    return Settings(
        cluster=EksSettings(
            provider="eks",
            region="eu-west-1",
            zones=zones,
            kubernetes_version=version,
            support=support,  # type: ignore[arg-type]
            node_groups={"system": GROUP},
        )
    )


@pytest.mark.parametrize(
    ("settings", "today", "lines"),
    [
        (Settings(cluster=KindSettings(provider="kind")), date(2030, 1, 1), []),
        (_settings("1.35"), date(2027, 1, 25), []),
        (
            _settings("1.35"),
            date(2027, 1, 26),
            [
                (
                    f"{KEY}: is supported for 60 more days\n"
                    '  seen: "1.35"\n'
                    f"  why:  its standard support ends on 2027-03-27: {THEN}\n"
                    "  do:   plan the upgrade to a newer one"
                )
            ],
        ),
        (
            _settings("1.34"),
            date(2026, 11, 21),
            [
                (
                    f"{KEY}: is supported for 11 more days\n"
                    '  seen: "1.34"\n'
                    f"  why:  its standard support ends on 2026-12-02: {THEN}\n"
                    '  do:   plan the upgrade to "1.35"'
                )
            ],
        ),
        (
            _settings("1.34"),
            date(2026, 12, 3),
            [
                (
                    f"{KEY}: is out of support\n"
                    '  seen: "1.34"\n'
                    "  why:  its standard support ended on 2026-12-02: EKS upgrades the cluster by itself\n"
                    '  do:   plan the upgrade to "1.35"'
                )
            ],
        ),
        (_settings("1.34", "extended"), date(2026, 12, 3), []),
    ],
)
def test_the_end_of_support_is_told_sixty_days_before(
    settings: Settings, today: date, lines: list[str]
) -> None:
    assert [str(problem) for problem in warnings(settings, today)] == lines


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_the_stacks_of_this_project_have_no_warning_on_the_day_of_the_table(stack: str) -> None:
    settings = load_stack_file(STACKS / f"Pulumi.{stack}.yaml")

    assert warnings(settings, date(2026, 11, 21)) == ()
