"""Who a model's pods are: an account of their own, and in AWS a role for their own files."""

from __future__ import annotations

from tests.components.eks.conftest import Run


def test_a_services_pods_run_as_an_account_of_its_own_without_kubernetes_token(run: Run) -> None:
    recorder = run("eks-prod")
    account = recorder.the("ServiceAccount", "kserve-test/torchserve").inputs
    service = recorder.the("InferenceService", "kserve-test/torchserve").inputs

    assert service["spec"]["predictor"]["serviceAccountName"] == "torchserve"
    assert account["automountServiceAccountToken"] is False
    assert "annotations" not in account["metadata"]


def test_the_account_that_a_service_runs_as_is_the_one_that_aws_gives_the_role_to(run: Run) -> None:
    recorder = run("eks-prod")

    bound = recorder.the("PodIdentityAssociation", "model-reader-torchserve").inputs

    assert (bound["namespace"], bound["serviceAccount"]) == ("kserve-test", "torchserve")
    assert ("ServiceAccount", "kserve-test/torchserve") in recorder.before(
        recorder.the("InferenceService", "kserve-test/torchserve")
    )


def test_with_irsa_the_account_says_which_role_its_pods_have(run: Run) -> None:
    recorder = run("eks-prod", identity="irsa")

    account = recorder.the("ServiceAccount", "kserve-test/torchserve").inputs

    assert account["metadata"]["annotations"] == {
        "eks.amazonaws.com/role-arn": (
            "arn:aws:iam::111122223333:role/kserve-platform-eks-prod-model-reader-torchserve"
        )
    }


def test_a_service_whose_model_is_elsewhere_has_no_role(run: Run) -> None:
    recorder = run("eks-dev", identity="irsa")

    account = recorder.the("ServiceAccount", "kserve-test/torchserve").inputs

    assert "annotations" not in account["metadata"]
    assert [found.name for found in recorder.of("Role") if "model-reader" in found.name] == []
