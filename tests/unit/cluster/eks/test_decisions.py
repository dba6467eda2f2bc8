"""Addresses, names and add-on versions: what is decided before any resource is made."""

from __future__ import annotations

import pytest

from components.cluster.eks.addon_plan import plan_addons
from components.cluster.eks.addresses import plan_subnets
from components.cluster.eks.place import place_of
from components.errors import PlatformError


def test_each_zone_gets_an_eighth_of_the_vpc_and_a_small_public_subnet() -> None:
    plan = plan_subnets("10.0.0.0/16", ["a", "b", "c"])

    assert plan.private == {"a": "10.0.0.0/19", "b": "10.0.32.0/19", "c": "10.0.64.0/19"}
    assert plan.public == {"a": "10.0.224.0/24", "b": "10.0.225.0/24", "c": "10.0.226.0/24"}


def test_a_zone_that_is_added_moves_no_other() -> None:
    two, three = plan_subnets("10.0.0.0/20", ["a", "b"]), plan_subnets("10.0.0.0/20", ["a", "b", "c"])

    assert {zone: three.private[zone] for zone in two.private} == two.private
    assert {zone: three.public[zone] for zone in two.public} == two.public


def test_a_vpc_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^10.0.0.0/21 has no room for subnets in 2 zones$"):
        plan_subnets("10.0.0.0/21", ["a", "b"])


def test_a_long_name_is_cut_and_stays_different_from_others() -> None:
    place = place_of("c" * 80, "us-west-2", {})

    first, second = place.name("one"), place.name("two")

    assert len(first) == len(second) == 64
    assert first != second


def test_a_region_of_china_has_a_partition_and_a_domain_of_its_own() -> None:
    place = place_of("cluster", "cn-north-1", {})

    assert place.managed_policy("X") == "arn:aws-cn:iam::aws:policy/X"
    assert place.domain == "amazonaws.com.cn"


def test_a_version_of_kubernetes_without_pins_is_refused_by_the_names_of_its_addons() -> None:
    with pytest.raises(PlatformError) as refused:
        plan_addons("1.36", {"vpc-cni": "v1.21.1-eksbuild.3", "coredns": "v1"}, pod_identity=False)

    assert str(refused.value).splitlines()[:3] == [
        (
            "kserve-platform:cluster.addonVersions: "
            "no version of these add-ons is pinned for this version of Kubernetes"
        ),
        "  seen: kube-proxy, aws-ebs-csi-driver, eks-node-monitoring-agent",
        "  why:  this project pins them for 1.34, 1.35 only, as of 2026-11-21",
    ]


def test_what_the_user_says_of_a_version_holds() -> None:
    plan = {addon.name: addon.version for addon in plan_addons("1.35", {"coredns": "v9"}, pod_identity=True)}

    assert plan["coredns"] == "v9"
    assert plan["kube-proxy"] == "v1.35.0-eksbuild.2"
