from __future__ import annotations

import json
from dataclasses import replace

from components.layers.kserve_config import ContainerSize, InferenceServiceConfig, Ingress

_CONFIG = InferenceServiceConfig(
    mode="Knative",
    ingress=Ingress(
        domain="models.example.org",
        virtual_service=True,
        public_gateway="knative-serving/knative-ingress-gateway",
        local_gateway="knative-serving/knative-local-gateway",
        local_gateway_host="knative-local-gateway-istio.istio-system.svc.cluster.local",
    ),
    predictor=ContainerSize(cpu_request="100m"),
    storage_initializer=ContainerSize(memory_limit="4Gi"),
    version="v0.20.0",
)


def _told(config: InferenceServiceConfig, key: str, **upstream: object) -> object:
    texts = {name: json.dumps(value) for name, value in upstream.items()}
    return json.loads(config.lay_over(texts)[key])


def test_hosts_answer_by_istio_below_the_stacks_domain() -> None:
    assert _told(_CONFIG, "ingress", ingress={"urlScheme": "http", "ingressDomain": "example.com"}) == {
        "disableIstioVirtualHost": False,
        "enableGatewayApi": False,
        "ingressDomain": "models.example.org",
        "ingressGateway": "knative-serving/knative-ingress-gateway",
        "localGateway": "knative-serving/knative-local-gateway",
        "localGatewayService": "knative-local-gateway-istio.istio-system.svc.cluster.local",
        "urlScheme": "http",
    }


def test_without_istio_no_virtual_service_is_written() -> None:
    config = replace(_CONFIG, ingress=replace(_CONFIG.ingress, virtual_service=False))

    told = _told(config, "ingress")

    assert isinstance(told, dict)
    assert told["disableIstioVirtualHost"] is True


def test_a_gateway_of_gateway_api_is_named_where_it_is_used() -> None:
    config = replace(_CONFIG, ingress=replace(_CONFIG.ingress, gateway_api="kserve/gateway"))

    told = _told(config, "ingress")

    assert isinstance(told, dict)
    assert (told["enableGatewayApi"], told["kserveIngressGateway"]) == (True, "kserve/gateway")


def test_the_mode_replaces_upstreams_older_name() -> None:
    assert _told(_CONFIG, "deploy", deploy={"defaultDeploymentMode": "Serverless"}) == {
        "defaultDeploymentMode": "Knative"
    }


def test_sizes_change_what_they_name_and_nothing_else() -> None:
    upstream = {"resource": {"cpuRequest": "1", "memoryLimit": "2Gi"}}

    assert _told(_CONFIG, "inferenceService", inferenceService=upstream) == {
        "resource": {"cpuRequest": "100m", "memoryLimit": "2Gi"}
    }
    assert _told(_CONFIG, "storageInitializer", storageInitializer={"enableModelcar": True}) == {
        "enableModelcar": True,
        "memoryLimit": "4Gi",
    }


def test_the_explainers_image_is_pinned() -> None:
    upstream = {"art": {"image": "kserve/art-explainer", "defaultImageVersion": "latest"}}

    assert _told(_CONFIG, "explainers", explainers=upstream) == {
        "art": {"image": "kserve/art-explainer", "defaultImageVersion": "v0.20.0"}
    }


def test_what_is_not_decided_here_stays_as_upstream_ships_it() -> None:
    assert _told(_CONFIG, "logger", logger={"defaultUrl": "http://default-broker"}) == {
        "defaultUrl": "http://default-broker"
    }


def test_the_text_depends_on_content_and_not_on_upstreams_spacing() -> None:
    assert _CONFIG.lay_over({"logger": '{"a":1,"b":2}'}) == _CONFIG.lay_over(
        {"logger": '{ "b": 2,\n "a": 1 }'}
    )
