"""cluster-autoscaler among the layers: whose role it has, and on which stacks it is."""

from __future__ import annotations

import pytest

from tests.components.fleet.conftest import Run
from tests.components.fleet.order import before

_NAME = "kube-system/cluster-autoscaler"


def test_the_autoscaler_runs_as_the_account_that_aws_gives_the_role_to(run: Run) -> None:
    recorder = run()

    association = recorder.the("PodIdentityAssociation", "cluster-autoscaler").inputs
    account = recorder.the("ServiceAccount", _NAME).inputs["metadata"]
    pod = recorder.the("Deployment", _NAME).inputs["spec"]["template"]["spec"]
    assert (association["namespace"], association["serviceAccount"]) == ("kube-system", "cluster-autoscaler")
    assert (account["name"], pod["serviceAccountName"]) == ("cluster-autoscaler", "cluster-autoscaler")
    assert "annotations" not in account


def test_with_irsa_its_account_says_which_role_it_has(run: Run) -> None:
    account = run(identity="irsa").the("ServiceAccount", _NAME).inputs["metadata"]

    assert list(account["annotations"]) == ["eks.amazonaws.com/role-arn"]
    assert account["annotations"]["eks.amazonaws.com/role-arn"].startswith("arn:aws:iam::")


def test_its_image_is_of_the_clusters_version_of_kubernetes(run: Run) -> None:
    recorder = run(kubernetesVersion="1.34")

    (container,) = recorder.the("Deployment", _NAME).inputs["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.4"


def test_it_finds_exactly_the_groups_that_are_tagged_for_it(run: Run) -> None:
    recorder = run()

    (container,) = recorder.the("Deployment", _NAME).inputs["spec"]["template"]["spec"]["containers"]
    (discovery,) = [each for each in container["command"] if each.startswith("--node-group-auto-discovery")]
    wanted = discovery.removeprefix("--node-group-auto-discovery=asg:tag=").split(",")
    tagged = {found.inputs["tag"]["key"] for found in recorder.of("Tag") if found.name.startswith("gpu/")}
    assert set(wanted) <= tagged


def test_services_wait_for_it_and_it_goes_after_them(run: Run) -> None:
    recorder = run()

    service = recorder.the("InferenceService", "kserve-test/torchserve")

    assert ("Deployment", _NAME) in before(recorder, service)


@pytest.mark.parametrize("autoscaler", ["karpenter", "auto"])
def test_who_else_makes_machines_needs_none(autoscaler: str, run: Run) -> None:
    assert run(autoscaler=autoscaler).of("ClusterAutoscaler") == []
