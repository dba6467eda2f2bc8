"""Names that AWS has a closed list of are those that its own clients know."""

from __future__ import annotations

import gzip
import json
import re
from importlib.util import find_spec
from pathlib import Path

import boto3
import botocore.session
import pytest

from components.facts.regions import ADDONS, REGIONS, RETENTION_DAYS, zone_is_of
from components.settings.eks.access import Logs
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import zones_of
from components.settings.load import load_stack_file
from components.settings.places import place_of

STACKS = Path(__file__).parents[3] / "stacks"


def test_the_regions_are_those_of_eks() -> None:
    assert set(REGIONS) == set(boto3.Session().get_available_regions("eks"))
    assert list(REGIONS) == sorted(REGIONS)


@pytest.mark.parametrize(
    ("zone", "region", "good"),
    [
        ("eu-west-1a", "eu-west-1", True),
        ("eu-west-1", "eu-west-1", False),
        ("eu-west-2a", "eu-west-1", False),
        ("us-west-2-lax-1a", "us-west-2", False),
        ("a", "eu-west-1", False),
        ("eu-west-1A", "eu-west-1", False),
    ],
)
def test_a_zone_is_a_region_and_a_letter(zone: str, region: str, good: bool) -> None:
    assert zone_is_of(zone, region) is good


def test_the_days_of_retention_are_those_of_cloudwatch() -> None:
    model = botocore.session.get_session().get_service_model("logs")
    sentence = re.search(r"Possible values are: ([\d, and]+)", model.shape_for("Days").documentation)

    assert sentence
    assert tuple(int(day) for day in re.findall(r"\d+", sentence[1])) == RETENTION_DAYS


def test_the_logs_of_the_control_plane_are_those_of_eks() -> None:
    model = botocore.session.get_session().get_service_model("eks")

    assert list(place_of(Logs, ("types", 0)).choices) == model.shape_for("LogType").enum


def test_addons_are_named_once() -> None:
    assert len(set(ADDONS)) == len(ADDONS)


@pytest.mark.parametrize("stack", ["eks-dev", "eks-prod"])
def test_the_machines_of_a_stack_are_offered_in_each_of_its_zones(stack: str) -> None:
    cluster = load_stack_file(STACKS / f"Pulumi.{stack}.yaml").cluster
    assert isinstance(cluster, EksSettings)
    wanted = {
        (kind, zone)
        for group in cluster.node_groups.values()
        for kind in group.instance_types
        for zone in zones_of(cluster, group)
    }

    assert wanted - _offered(cluster.region) == set()


def _offered(region: str) -> set[tuple[str, str]]:
    """What EC2 offers where, by moto's copy of its answers."""
    found = find_spec("moto")
    assert found
    assert found.origin
    folder = Path(found.origin).parent / "ec2/resources/instance_type_offerings/availability-zone"
    offers = json.loads(gzip.decompress((folder / f"{region}.json.gz").read_bytes()))
    return {(offer["InstanceType"], offer["Location"]) for offer in offers}
