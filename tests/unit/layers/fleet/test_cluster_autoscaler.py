from __future__ import annotations

from typing import Any

import pytest
import yaml

from components.cluster.eks.machine_plan import plan_machines
from components.cluster.fleet import ACCOUNTS, Fleet, MachineGroup
from components.errors import PlatformError
from components.facts.cluster_autoscaler import RELEASES, image_for
from components.facts.kubernetes_support import VERSIONS
from components.layers.fleet.cluster_autoscaler import arguments, manifests
from components.layers.fleet.expander import pattern, priorities
from components.layers.objects import Manifest
from components.settings.eks.network import LoadBalancer
from components.settings.eks.nodes import GpuSettings, NodeGroup

_ACCOUNT = ACCOUNTS["clusterAutoscaler"]


def _group(*, managed: bool = True, **settings: Any) -> MachineGroup:
    group = NodeGroup(**{"instance_types": ("g5.2xlarge",), "min_size": 0, "max_size": 2, **settings})
    plan = plan_machines("gpu", group)
    return MachineGroup(
        settings=group, labels=plan.labels, taints=(), zones=(), gpus=plan.gpus, managed=managed
    )


def _fleet(version: str = "1.35", **groups: MachineGroup) -> Fleet:
    return Fleet(
        cluster="kserve-platform-dev",
        kubernetes_version=version,
        region="us-west-2",
        vpc="vpc-1",
        subnets={},
        security_group="sg-1",
        node_role=None,
        key_arn=None,
        tags={},
        autoscaler="clusterAutoscaler",
        groups=groups,
        gpu=GpuSettings(),
        load_balancer=LoadBalancer(),
        roles={},
    )


def _of(kind: str, made: list[Manifest]) -> Manifest:
    (found,) = [manifest for manifest in made if manifest["kind"] == kind]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_that_eks_offers_has_an_autoscaler_of_its_own_minor_version(version: str) -> None:
    assert image_for(version).startswith(f"registry.k8s.io/autoscaling/cluster-autoscaler:v{version}.")


def test_a_version_without_an_autoscaler_is_refused_before_anything_is_made() -> None:
    with pytest.raises(PlatformError) as refused:
        manifests(_fleet("1.99"), _ACCOUNT)

    assert str(refused.value) == (
        "no cluster-autoscaler is pinned for this version of Kubernetes\n"
        "  seen: 1.99\n"
        f"  why:  the versions on 2026-11-21 were for: {', '.join(RELEASES)}\n"
        "  do:   add its release to components/facts/cluster_autoscaler.py"
    )


def test_the_command_line_is_this_and_nothing_else() -> None:
    assert arguments("kserve-platform-dev", "kube-system") == [
        "./cluster-autoscaler",
        "--cloud-provider=aws",
        "--namespace=kube-system",
        (
            "--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,"
            "k8s.io/cluster-autoscaler/kserve-platform-dev"
        ),
        "--expander=priority,least-waste",
        "--max-node-provision-time=15m",
        "--skip-nodes-with-local-storage=false",
        "--stderrthreshold=info",
        "--v=4",
    ]


def test_one_of_two_may_go_at_a_time_and_they_are_kept_apart() -> None:
    made = manifests(_fleet(), _ACCOUNT)
    deployment, budget = _of("Deployment", made), _of("PodDisruptionBudget", made)

    selector = {"matchLabels": {"app.kubernetes.io/name": "cluster-autoscaler"}}
    assert deployment["spec"]["replicas"] == 2
    assert budget["spec"] == {"maxUnavailable": 1, "selector": selector}
    (spread,) = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["labelSelector"]) == ("kubernetes.io/hostname", selector)


def test_its_pod_is_told_its_region_and_can_do_nothing_on_its_machine() -> None:
    pod = _of("Deployment", manifests(_fleet(), _ACCOUNT))["spec"]["template"]["spec"]

    (container,) = pod["containers"]
    assert {"name": "AWS_REGION", "value": "us-west-2"} in container["env"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65534,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_it_may_read_what_its_copy_of_the_scheduler_waits_for() -> None:
    rules = _of("ClusterRole", manifests(_fleet(), _ACCOUNT))["rules"]

    read = {resource: rule["verbs"] for rule in rules for resource in rule["resources"]}
    for resource in ("resourceclaims", "resourceslices", "deviceclasses", "volumeattachments"):
        assert read[resource] == ["get", "list", "watch"]
    assert not [rule for rule in rules if "*" in {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}]
    assert "secrets" not in read


def test_paid_capacity_grows_first_then_spot_then_what_is_bought_on_demand() -> None:
    told = priorities(
        {
            "gpu": _group(),
            "gpu-spot": _group(capacity="spot"),
            "gpu-kept": _group(capacity="capacityReservation", reservation="cr-0123456789abcdef0"),
            "by-karpenter": _group(managed=False),
        }
    )

    assert yaml.safe_load(told) == {
        40: [pattern("gpu-kept")],
        30: [pattern("gpu-spot")],
        20: [pattern("gpu")],
        10: [".*"],
    }


def test_a_group_is_not_taken_for_another_whose_name_begins_alike() -> None:
    assert pattern("gpu") == "^eks-gpu-[0-9a-f]{26}-"
