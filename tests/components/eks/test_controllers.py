"""What the software on the cluster may do in AWS, and that it has it before it starts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.cluster.eks.controller_documents import balance_load, scale_groups
from components.cluster.eks.handle import groups_of
from components.cluster.eks.karpenter import EVENTS
from components.cluster.eks.karpenter_documents import make_machines
from components.cluster.eks.machine_plan import KUBERNETES_EFFECTS, plan_machines
from components.cluster.eks.place import place_of
from components.settings.eks.derived import managed_groups
from tests.components.aws_answers import ACCOUNT, ISSUER
from tests.components.eks.conftest import Run, eks_settings

PLACE = place_of("kserve-platform-eks-dev", "us-west-2", {})

# What changes nothing, or narrows by the resource instead: ELB knows no condition for targets and listeners.
UNCONDITIONED = {
    "Look",
    "LookAtNodeGroups",
    "Listeners",
    "MakeGroup",
    "TagListener",
    "Targets",
}


@pytest.mark.parametrize("written", [scale_groups, balance_load])
def test_a_controller_changes_nothing_of_another_cluster(written: Any) -> None:
    statements = json.loads(written(PLACE))["Statement"]

    assert {row["Sid"] for row in statements if "Condition" not in row} <= UNCONDITIONED
    conditioned = [json.dumps(row["Condition"]) for row in statements if "Condition" in row]
    assert len(conditioned) > 0
    assert [text for text in conditioned if PLACE.cluster not in text] == (
        ['{"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}}']
        if written is balance_load
        else []
    )


def test_karpenter_makes_and_takes_away_machines_of_its_cluster_only() -> None:
    statements = json.loads(make_machines(PLACE, "queue", "role", "profile"))["Statement"]
    tags = {"aws:RequestTag/kubernetes.io/cluster/kserve-platform-eks-dev": "owned"}
    carried = {"aws:ResourceTag/kubernetes.io/cluster/kserve-platform-eks-dev": "owned"}
    held = {row["Sid"]: row.get("Condition", {}).get("StringEquals", {}) for row in statements}

    assert tags.items() <= held["Make"].items()
    assert tags.items() <= held["TagNew"].items()
    assert carried.items() <= held["TakeAway"].items()
    assert carried.items() <= held["NameMachine"].items()
    assert {
        row["Sid"]: row["Resource"] for row in statements if row["Sid"] in {"MachinesRole", "Profile"}
    } == {
        "MachinesRole": "role",
        "Profile": "profile",
    }
    actions = {action for row in statements for action in [row["Action"]] if isinstance(action, str)}
    assert "iam:CreateInstanceProfile" not in actions


def test_karpenter_hears_of_machines_that_aws_takes_away(run: Run) -> None:
    recorder = run("eks-prod", autoscaler="karpenter")
    queue = f"arn:aws:sqs:us-west-2:{ACCOUNT}:kserve-platform-eks-prod-interruptions"
    rows = json.loads(recorder.the("QueuePolicy", "interruptions").inputs["policy"])["Statement"]

    assert {found.inputs["arn"] for found in recorder.of("EventTarget")} == {queue}
    assert {
        json.loads(found.inputs["eventPattern"])["detail-type"][0] for found in recorder.of("EventRule")
    } == {
        "AWS Health Event",
        "EC2 Instance State-change Notification",
        "EC2 Spot Instance Interruption Warning",
    }
    rules = [f"arn:aws:events:us-west-2:{ACCOUNT}:rule/kserve-platform-eks-prod-{name}" for name in EVENTS]
    assert rows[0]["Condition"] == {"ArnEquals": {"aws:SourceArn": sorted(rules)}}
    assert recorder.the("InstanceProfile", "machines").inputs["role"] == "kserve-platform-eks-prod-machines"


def test_karpenters_queue_role_and_profile_outlive_everything_on_the_cluster(run: Run) -> None:
    recorder = run("eks-prod", autoscaler="karpenter")
    (provider,) = [found for found in recorder.resources if found.type == "pulumi:providers:kubernetes"]

    assert {
        recorder.the(kind, name).urn
        for kind, name in (
            ("Queue", "interruptions"),
            ("QueuePolicy", "interruptions"),
            ("EventTarget", "spot-interruption"),
            ("InstanceProfile", "machines"),
            ("RolePolicy", "karpenter-machines"),
            ("PodIdentityAssociation", "karpenter"),
        )
    } <= provider.depends_on


def test_with_karpenter_nothing_scales_groups(run: Run) -> None:
    recorder = run("eks-prod", autoscaler="karpenter")

    assert "cluster-autoscaler" not in {found.name for found in recorder.of("Role")}
    assert [found.name for found in recorder.of("NodeGroup")] == ["gpu", "system"]


@pytest.mark.parametrize(
    "written", [scale_groups, balance_load, lambda place: make_machines(place, *["a" * 150] * 3)]
)
def test_a_document_fits_into_a_role(written: Any) -> None:
    # IAM counts 10240 characters over all inline policies of a role (IAM quotas).
    assert len(written(place_of("c" * 80, "us-gov-west-1", {}))) < 10_240


def test_pods_of_a_controller_have_their_role_before_anything_is_on_the_cluster(run: Run) -> None:
    recorder = run("eks-dev")
    (provider,) = [found for found in recorder.resources if found.type == "pulumi:providers:kubernetes"]
    bound = recorder.the("PodIdentityAssociation", "aws-load-balancer-controller")

    assert bound.inputs["namespace"] == "kube-system"
    assert bound.inputs["serviceAccount"] == "aws-load-balancer-controller"
    assert bound.urn in provider.depends_on
    assert recorder.the("RolePolicy", "cluster-autoscaler-scale").urn in provider.depends_on


def test_with_irsa_a_controllers_account_alone_takes_its_role(run: Run) -> None:
    recorder = run("eks-prod", identity="irsa")
    role = recorder.the("Role", "aws-load-balancer-controller").inputs
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    host = ISSUER.removeprefix("https://")

    assert trust["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"}
    assert trust["Condition"]["StringEquals"][f"{host}:sub"] == (
        "system:serviceaccount:kube-system:aws-load-balancer-controller"
    )


def test_layers_see_the_same_labels_and_taints_as_eks() -> None:
    settings = eks_settings("eks-prod")

    for name, group in groups_of(settings).items():
        plan = plan_machines(name, settings.node_groups[name])
        assert group.labels == plan.labels
        assert [(taint.key, taint.value, taint.effect) for taint in group.taints] == [
            (taint.key, taint.value, KUBERNETES_EFFECTS[taint.effect]) for taint in plan.taints
        ]


@pytest.mark.parametrize(
    ("autoscaler", "managed"),
    [
        ("clusterAutoscaler", {"system", "gpu", "gpu-spot"}),
        ("karpenter", {"system", "gpu"}),
        ("auto", set()),
    ],
)
def test_eks_keeps_the_groups_that_nobody_else_makes(autoscaler: str, managed: set[str]) -> None:
    settings = eks_settings("eks-prod", autoscaler=autoscaler)

    assert set(managed_groups(settings)) == managed
    assert {name for name, group in groups_of(settings).items() if group.managed} == managed
