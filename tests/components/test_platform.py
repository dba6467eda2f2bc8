"""The order of the platform: what waits for what, and what does not have to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.cluster.base import Capabilities, Cluster, IngressEndpoint, connect
from components.layers.platform import install
from components.serving.exports import exports
from components.serving.services import serve
from components.settings.load import load
from components.settings.model import Settings
from tests.components.manifests import rendered_by_hand
from tests.components.mocks import Recorder, Secret

_MNIST = {"torchserve": {"example": "mnist"}}


class _Maker(pulumi.CustomResource):
    """A double of the resource that makes the cluster."""

    def __init__(self) -> None:
        super().__init__("kserve-cluster:index:KindCluster", "maker", {"name": "maker"})


def _cluster(*, built: bool, node_port: int | None = 30080) -> Cluster:
    local = node_port is not None
    return connect(
        "test",
        "a kubeconfig",
        Capabilities(
            load_balancer=not local,
            storage_class=None,
            gpu_resource=None,
            images="build" if built else "pull",
            small=local,
            ours=local,
            ingress=IngressEndpoint(
                host="127.0.0.1" if local else None, port=8080 if local else None, node_port=node_port
            ),
        ),
        made_by=_Maker() if local else None,
    )


Run = Callable[..., Recorder]


@pytest.fixture
def run(recorder: Recorder) -> Run:
    """Run the platform and its services on the double of the engine."""

    def of(
        services: dict[str, Any] | None = None,
        *,
        built: bool = True,
        node_port: int | None = 30080,
        preview: bool = False,
        **platform: Any,
    ) -> Recorder:
        settings = load(
            {
                "kserve-platform:cluster": {"provider": "kind"},
                "kserve-platform:platform": {"resourceProfile": "local", **platform},
                "kserve-platform:services": _MNIST if services is None else services,
            }
        )
        recorder.preview = preview
        recorder.run(_program(settings, built=built, node_port=node_port))
        return recorder

    return of


def _program(settings: Settings, *, built: bool = True, node_port: int | None = 30080) -> Callable[[], None]:
    rendered = rendered_by_hand(settings.platform.ingress_class, built=built)

    def program() -> None:
        cluster = _cluster(built=built, node_port=node_port)
        installed = install(cluster, settings, rendered)
        answered = serve(cluster, settings, installed)
        for name, value in exports(cluster, settings, installed, answered).items():
            pulumi.export(name, value)

    return program


def test_a_service_is_created_after_every_gate_its_runtime_and_its_model(run: Run) -> None:
    recorder = run()

    before = recorder.before(recorder.the("InferenceService", "kserve-test/torchserve"))

    assert {name for kind, name in before if kind == "Gate"} == {
        "cert-manager",
        "gateways",
        "knative",
        "knative-ingress",
        "kserve",
        "kserve-certificate",
    }
    assert ("ClusterServingRuntime", "kserve-torchserve") in before
    assert "Job" in {kind for kind, _ in before}


def test_kserves_controller_starts_after_its_certificate_and_the_crds_that_it_looks_for_once(
    run: Run,
) -> None:
    recorder = run()

    before = recorder.before(recorder.the("Deployment", "kserve/kserve-controller-manager"))

    assert {("Gate", "kserve-certificate"), ("ConfigMap", "kserve/inferenceservice-config")} <= before
    assert {name for kind, name in before if kind == "CrdSet"} >= {"istio", "knative-serving", "gateway-api"}


def test_kserves_controller_waits_for_no_other_controller_but_cert_manager(run: Run) -> None:
    recorder = run()

    before = recorder.before(recorder.the("Deployment", "kserve/kserve-controller-manager"))

    assert {name for kind, name in before if kind == "Deployment"} == {"cert-manager/cert-manager-webhook"}


def test_control_planes_start_side_by_side(run: Run) -> None:
    recorder = run()

    for name in ("cert-manager/cert-manager-webhook", "istio-system/istiod", "knative-serving/webhook"):
        before = recorder.before(recorder.the("Deployment", name))
        assert {kind for kind, _ in before} & {"Deployment", "Gate"} == set(), name


def test_gateways_are_there_before_istiod_looks_for_them(run: Run) -> None:
    recorder = run()

    gateway = recorder.the("Gateway", "istio-system/knative-gateway")

    assert recorder.before(gateway) == {("CrdSet", "gateway-api"), ("Namespace", "istio-system")}


def test_the_model_is_loaded_while_the_platform_starts(run: Run) -> None:
    recorder = run()
    (job,) = recorder.of("Job")

    assert {kind for kind, _ in recorder.before(job)} == {"ConfigMap", "Namespace", "PersistentVolumeClaim"}


@pytest.mark.parametrize(("domain", "same"), [("a.example.org", True), ("b.example.org", False)])
def test_a_changed_object_has_its_gate_looked_at_again(run: Run, domain: str, *, same: bool) -> None:
    settings = {
        "cluster": {"provider": "kind"},
        "platform": {"resourceProfile": "local", "domain": "a.example.org"},
    }
    first = Recorder()
    first.run(_program(load({f"kserve-platform:{key}": value for key, value in settings.items()})))

    second = run({}, domain=domain)

    triggers = [each.the("Gate", "knative").inputs["triggers"] for each in (first, second)]
    assert (triggers[0] == triggers[1]) is same


def test_everything_on_a_cluster_of_ours_goes_with_it(run: Run) -> None:
    recorder = run()
    maker = recorder.the("KindCluster", "maker").urn

    left = [
        found.name
        for found in recorder.resources
        if found.custom
        and found.deleted_with != maker
        and not found.type.startswith("pulumi:providers:")
        and found.urn != maker
    ]

    assert left == []


def test_everything_is_sent_to_the_stacks_own_cluster(run: Run) -> None:
    recorder = run()

    providers = {
        found.type.split(":")[0]: found.provider
        for found in recorder.resources
        if found.custom and not found.type.startswith("pulumi:") and found.name != "maker"
    }

    assert providers == {"kubernetes": "kubernetes", "kserve-cluster": "platform"}


def test_every_component_is_finished(run: Run) -> None:
    recorder = run()

    unfinished = [
        found.name for found in recorder.resources if not found.custom and found.urn not in recorder.finished
    ]

    assert unfinished == []


def test_what_istiod_and_knative_overwrite_is_not_compared(run: Run) -> None:
    recorder = run()

    ignored = {found.name: found.ignore_changes for found in recorder.resources if found.ignore_changes}

    assert ignored == {
        "istio-validator-istio-system": ("webhooks[*].failurePolicy",),
        "webhook.serving.knative.dev": ("webhooks[*].rules",),
    }


def test_the_server_that_was_built_is_installed(run: Run) -> None:
    runtime = run().the("ClusterServingRuntime", "kserve-torchserve")

    (container,) = runtime.inputs["spec"]["containers"]
    assert container["image"] == "docker.io/pytorch/torchserve-kfs:0.12.0"
    assert container["resources"]["requests"] == {"cpu": "100m", "memory": "512Mi"}


def test_only_the_runtimes_that_were_asked_for_are_installed(run: Run) -> None:
    recorder = run(runtimes=["kserve-torchserve"])

    assert [found.name for found in recorder.of("ClusterServingRuntime")] == ["kserve-torchserve"]


def test_kourier_needs_neither_istio_nor_gateway_api(run: Run) -> None:
    recorder = run({}, built=False, ingressClass="kourier")

    assert {found.name for found in recorder.of("CrdSet")} == {"cert-manager", "knative-serving", "kserve"}
    assert recorder.of("Gateway") == []
    assert recorder.the("Service", "kourier-system/kourier").inputs["spec"]["type"] == "NodePort"


def test_a_stack_without_services_has_a_platform_and_no_model(run: Run) -> None:
    recorder = run({})

    assert recorder.of("Job") == []
    assert [found.type for found in recorder.of("InferenceService")] == []


def test_outputs_say_where_to_ask_and_what_is_installed(run: Run) -> None:
    told = run().exports

    assert {name: told[name] for name in ("ingressHost", "ingressPort", "url", "serviceHostname")} == {
        "ingressHost": "127.0.0.1",
        "ingressPort": 8080,
        "url": "http://127.0.0.1:8080",
        "serviceHostname": "torchserve.kserve-test.example.com",
    }
    assert told["kubeconfig"] == Secret("a kubeconfig")
    assert told["versions"]["kserve"] == "0.20.0"


def test_where_a_load_balancer_makes_the_address_it_is_read_from_the_service(run: Run) -> None:
    recorder = run(built=False, node_port=None)

    assert recorder.the("Service", "ingress").read == "istio-system/knative-gateway-istio"
    assert recorder.exports["url"] == "http://ingress.example.org:80"


def test_a_first_preview_reads_nothing_that_is_not_there_yet(run: Run) -> None:
    recorder = run(built=False, node_port=None, preview=True)

    assert [found.name for found in recorder.resources if found.read] == []


def test_the_models_namespace_is_closed_before_a_model_is_there(run: Run) -> None:
    recorder = run()

    before = recorder.before(recorder.the("InferenceService", "kserve-test/torchserve"))

    assert {
        ("NetworkPolicy", "kserve-test/default-deny"),
        ("NetworkPolicy", "kserve-test/from-gateways"),
        ("ResourceQuota", "kserve-test/models"),
    } <= before


def test_an_encrypted_stack_is_ready_once_its_certificate_is_issued(run: Run) -> None:
    recorder = run(tls={})

    before = recorder.before(recorder.the("InferenceService", "kserve-test/torchserve"))
    assert ("Gate", "gateway-certificate") in before
    assert ("Gate", "cert-manager") in recorder.before(
        recorder.the("Certificate", "istio-system/gateway-tls")
    )
