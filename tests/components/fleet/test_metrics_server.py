"""metrics-server among the layers: what it waits for, and what goes when."""

from __future__ import annotations

from tests.components.fleet.conftest import Run
from tests.components.fleet.order import before


def test_the_server_starts_with_a_certificate_of_cert_manager(run: Run) -> None:
    recorder = run()

    ahead = before(recorder, recorder.the("Deployment", "kube-system/metrics-server"))

    assert {("Gate", "metrics-server-certificate"), ("Gate", "cert-manager")} <= ahead


def test_the_api_is_registered_once_its_server_is_there_and_goes_before_it(run: Run) -> None:
    recorder = run()

    api = recorder.the("APIService", "v1beta1.metrics.k8s.io")

    assert ("Deployment", "kube-system/metrics-server") in before(recorder, api)


def test_eks_is_not_asked_for_an_addon_of_the_same_server(run: Run) -> None:
    assert "metrics-server" not in {found.name for found in run().of("Addon")}
