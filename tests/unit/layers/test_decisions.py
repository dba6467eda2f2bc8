from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from components.catalog.selection import components_of
from components.cluster.base import Capabilities, IngressEndpoint
from components.cluster.checks import CaBundleFilled, DryRunAccepted, EndpointsReady
from components.layers import gateways, istio, kserve
from components.layers.edits import apply_edits
from components.layers.exposure import Exposure
from components.layers.knative import configuration_of
from components.layers.knative_ingress import extra_objects, ingress_edits
from components.layers.kserve_config import ContainerSize
from components.layers.layer import Profile
from components.layers.model_storage import Args as StorageArgs
from components.layers.model_storage import claim
from components.layers.platform import (
    configuration,
    ingress_service,
    predictor_size,
    service_type,
)
from components.layers.runtimes import built_server, sized
from components.settings.load import load
from components.settings.model import Settings

_UPSTREAM = Profile(built=False, small=False)
_LOCAL = Profile(built=True, small=True)


def _settings(**platform: Any) -> Settings:
    return load({"kserve-platform:cluster": {"provider": "kind"}, "kserve-platform:platform": platform})


def _capabilities(*, load_balancer: bool, node_port: int | None) -> Capabilities:
    return Capabilities(
        load_balancer=load_balancer,
        storage_class=None,
        gpu_resource=None,
        images="pull",
        small=False,
        ours=True,
        ingress=IngressEndpoint(host=None, port=None, node_port=node_port),
    )


class TestGateways:
    def test_a_gateway_is_opened_on_a_fixed_port_of_the_node(self) -> None:
        options, gateway = gateways.gateway("g", "NodePort", 30080, profile=_UPSTREAM)

        assert json.loads(options["data"]["service"]) == {
            "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]}
        }
        assert gateway["metadata"]["annotations"] == {"networking.istio.io/service-type": "NodePort"}
        assert gateway["spec"]["infrastructure"]["parametersRef"]["name"] == options["metadata"]["name"]

    def test_a_gateway_takes_routes_of_every_namespace(self) -> None:
        _, gateway = gateways.gateway("g", "ClusterIP", None, profile=_UPSTREAM)

        (listener,) = gateway["spec"]["listeners"]
        assert listener["allowedRoutes"] == {"namespaces": {"from": "All"}}

    def test_without_profile_and_port_nothing_is_laid_over(self) -> None:
        options, _ = gateways.gateway("g", "LoadBalancer", None, profile=_UPSTREAM)

        assert options["data"] == {}

    @staticmethod
    def _laid_over(profile: Profile) -> dict[str, Any]:
        options, _ = gateways.gateway("g", "ClusterIP", None, profile=profile)
        (container,) = json.loads(options["data"]["deployment"])["spec"]["template"]["spec"]["containers"]
        return dict(container)

    def test_a_small_gateway_asks_for_little(self) -> None:
        assert self._laid_over(Profile(built=False, small=True)) == {
            "name": "istio-proxy",
            "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        }

    def test_a_gateway_looks_for_no_cloud_where_there_is_no_network(self) -> None:
        assert self._laid_over(Profile(built=True, small=False)) == {
            "name": "istio-proxy",
            "env": [{"name": "CLOUD_PLATFORM", "value": "none"}],
        }

    def test_pods_reach_a_gateway_by_its_service(self) -> None:
        assert gateways.service_host("knative-local-gateway") == (
            "knative-local-gateway-istio.istio-system.svc.cluster.local"
        )

    @pytest.mark.parametrize(
        ("load_balancer", "node_port", "expected"),
        [(False, 30080, "NodePort"), (True, None, "LoadBalancer"), (False, None, "ClusterIP")],
    )
    def test_the_cluster_says_how_requests_come_in(
        self, load_balancer: bool, node_port: int | None, expected: str
    ) -> None:
        assert service_type(_capabilities(load_balancer=load_balancer, node_port=node_port)) == expected


class TestIstio:
    def test_only_the_template_of_gateways_stays(self) -> None:
        config = {
            "templates": {"sidecar": "a", "kube-gateway": "b"},
            "defaultTemplates": ["sidecar"],
            "policy": "x",
        }
        manifest = {
            "kind": "ConfigMap",
            "metadata": {"name": "istio-sidecar-injector"},
            "data": {"config": yaml.safe_dump(config), "values": "{}"},
        }

        (edited,) = apply_edits([manifest], *istio.NO_SIDECARS)

        assert yaml.safe_load(edited["data"]["config"]) == {
            "templates": {"kube-gateway": "b"},
            "defaultTemplates": [],
            "policy": "x",
        }
        assert edited["data"]["values"] == "{}"

    def test_no_pod_is_sent_to_an_injector(self) -> None:
        injector = {"kind": "MutatingWebhookConfiguration", "metadata": {"name": "istio-sidecar-injector"}}

        assert apply_edits([injector], *istio.NO_SIDECARS) == []


class TestKnative:
    def test_services_answer_below_the_domain_by_the_chosen_ingress(self) -> None:
        told = configuration_of("models.example.org", "gateway-api", gpu=False, profile=_UPSTREAM)

        assert told == {
            "config-deployment": {},
            "config-domain": {"models.example.org": ""},
            "config-leader-election": {},
            "config-features": {},
            "config-network": {"ingress-class": "gateway-api.ingress.networking.knative.dev"},
        }

    def test_built_images_are_never_looked_up_in_a_registry(self) -> None:
        told = configuration_of("example.com", "gateway-api", gpu=False, profile=_LOCAL)

        skipped = told["config-deployment"]["registries-skipping-tag-resolving"].split(",")
        assert {"index.docker.io", "docker.io", "gcr.io", "quay.io"} <= set(skipped)
        assert told["config-deployment"]["queue-sidecar-cpu-request"] == "10m"

    def test_a_small_cluster_answers_soon_after_its_node_was_restarted(self) -> None:
        told = configuration_of("example.com", "gateway-api", gpu=False, profile=_LOCAL)

        assert told["config-leader-election"] == {
            "lease-duration": "15s",
            "renew-deadline": "10s",
            "retry-period": "2s",
        }

    def test_gpu_clusters_let_predictors_choose_nodes(self) -> None:
        told = configuration_of("example.com", "gateway-api", gpu=True, profile=_UPSTREAM)

        assert told["config-features"] == {
            "kubernetes.podspec-nodeselector": "enabled",
            "kubernetes.podspec-tolerations": "enabled",
            "kubernetes.podspec-affinity": "enabled",
            "kubernetes.podspec-runtimeclassname": "enabled",
            "kubernetes.podspec-persistent-volume-claim": "enabled",
        }

    def test_where_machines_come_when_pods_wait_a_revision_has_time_for_one(self) -> None:
        told = configuration_of("example.com", "gateway-api", gpu=False, deadline=1500, profile=_UPSTREAM)

        assert told["config-deployment"] == {"progress-deadline": "1500s"}

    def test_both_gateways_are_named_to_the_gateway_api_controller(self) -> None:
        config = {"kind": "ConfigMap", "metadata": {"name": "config-gateway"}, "data": {}}

        (edited,) = apply_edits([config], *ingress_edits("gateway-api", "NodePort", 30080))

        (external,) = yaml.safe_load(edited["data"]["external-gateways"])
        (local,) = yaml.safe_load(edited["data"]["local-gateways"])
        assert external == {
            "class": "istio",
            "gateway": "istio-system/knative-gateway",
            "service": "istio-system/knative-gateway-istio",
            "supported-features": ["HTTPRouteRequestTimeout"],
        }
        assert local["service"] == "istio-system/knative-local-gateway-istio"

    def test_kserves_gateways_select_the_same_pods(self) -> None:
        selectors = {m["metadata"]["name"]: m["spec"]["selector"] for m in extra_objects("gateway-api")}

        assert selectors == {
            "knative-ingress-gateway": {"gateway.networking.k8s.io/gateway-name": "knative-gateway"},
            "knative-local-gateway": {"gateway.networking.k8s.io/gateway-name": "knative-local-gateway"},
        }

    def test_the_istio_ingress_brings_its_gateways_and_they_are_pointed_at_ours(self) -> None:
        upstream = {
            "kind": "Gateway",
            "metadata": {"name": "knative-local-gateway"},
            "spec": {"selector": {"istio": "ingressgateway"}, "servers": [{"port": {"number": 8081}}]},
        }
        service = {"kind": "Service", "metadata": {"name": "knative-local-gateway"}}

        (edited,) = apply_edits([upstream, service], *ingress_edits("istio", "NodePort", None))

        assert edited["spec"] == {
            "selector": {"gateway.networking.k8s.io/gateway-name": "knative-local-gateway"},
            "servers": [{"port": {"number": 80}}],
        }
        assert extra_objects("istio") == []

    def test_istios_own_gateways_follow_the_public_port_to_where_the_load_balancer_ends_tls(self) -> None:
        upstream = [
            {"kind": "Gateway", "metadata": {"name": name}, "spec": {"servers": [{"port": {"number": 80}}]}}
            for name in ("knative-ingress-gateway", "knative-local-gateway")
        ]
        exposure = Exposure(
            shown={}, annotations={}, load_balancer_class="service.k8s.aws/nlb", allow=(), tls_port=443
        )

        edited = apply_edits(upstream, *ingress_edits("istio", "LoadBalancer", None, exposure))

        ports = {each["metadata"]["name"]: each["spec"]["servers"][0]["port"]["number"] for each in edited}
        assert ports == {"knative-ingress-gateway": 443, "knative-local-gateway": 80}

    def test_kouriers_gateway_is_opened_as_the_cluster_can(self) -> None:
        service = {
            "kind": "Service",
            "metadata": {"name": "kourier"},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}, {"port": 443}]},
        }

        (edited,) = apply_edits([service], *ingress_edits("kourier", "NodePort", 30080))

        assert edited["spec"] == {
            "type": "NodePort",
            "ports": [{"port": 80, "nodePort": 30080}, {"port": 443}],
        }


class TestKServe:
    def test_admission_is_proved_for_every_webhook_the_endpoint_and_two_objects(self) -> None:
        webhooks = [
            {"kind": "MutatingWebhookConfiguration", "metadata": {"name": "a"}},
            {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "b"}},
            {"kind": "Service", "metadata": {"name": "c"}},
        ]

        *front, runtime, service = kserve.admission_checks(webhooks)

        assert front == [
            CaBundleFilled("MutatingWebhookConfiguration", "a"),
            CaBundleFilled("ValidatingWebhookConfiguration", "b"),
            EndpointsReady("kserve", "kserve-webhook-server-service"),
        ]
        assert isinstance(runtime, DryRunAccepted)
        assert isinstance(service, DryRunAccepted)
        assert [runtime.manifest["kind"], service.manifest["kind"]] == [
            "ClusterServingRuntime",
            "InferenceService",
        ]

    def test_objects_are_sorted_by_what_they_wait_for(self) -> None:
        def manifest(kind: str, name: str, version: str = "v1") -> dict[str, Any]:
            return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}

        namespace, config = manifest("Namespace", "kserve"), manifest("ConfigMap", "inferenceservice-config")
        issuer = manifest("Issuer", "i", "cert-manager.io/v1")
        deployment, storage = manifest("Deployment", "d"), manifest("ClusterStorageContainer", "default")

        parts = kserve.split([namespace, storage, config, issuer, deployment])

        assert parts == kserve.Parts(
            base=(namespace,), certificate=(issuer,), config=config, controller=(storage, deployment)
        )

    def test_the_digest_follows_the_configuration(self) -> None:
        assert kserve.digest({"data": {"a": "1"}}) == kserve.digest({"data": {"a": "1"}})
        assert kserve.digest({"data": {"a": "1"}}) != kserve.digest({"data": {"a": "2"}})


class TestRuntimes:
    def test_every_container_gets_the_platforms_size(self) -> None:
        runtime = {
            "metadata": {"name": "r"},
            "spec": {"containers": [{"resources": {"requests": {"cpu": "1", "memory": "2Gi"}}}]},
        }

        edited = sized(ContainerSize(cpu_request="100m", memory_limit="3Gi"))(runtime)

        assert edited is not None
        assert edited["spec"]["containers"] == [
            {"resources": {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"memory": "3Gi"}}}
        ]

    def test_without_a_size_upstreams_stays(self) -> None:
        runtime = {"spec": {"containers": [{"resources": {"limits": {"cpu": "1"}}}]}}

        assert sized(ContainerSize())(runtime) == runtime

    def test_the_server_that_was_built_is_the_one_that_runs(self) -> None:
        runtime = {"spec": {"containers": [{"image": "pytorch/torchserve-kfs:0.9.0"}]}}

        assert built_server(runtime)["spec"]["containers"] == [
            {"image": "docker.io/pytorch/torchserve-kfs:0.12.0"}
        ]

    def test_other_servers_keep_their_images(self) -> None:
        runtime = {"spec": {"containers": [{"image": "docker.io/kserve/sklearnserver:v0.20.0"}]}}

        assert built_server(runtime) == runtime


class TestPlatform:
    def test_kourier_is_its_own_gateway(self) -> None:
        names = [component.name for component in components_of("kourier", built=False)]

        assert names == [
            "cert-manager",
            "knative-serving",
            "knative-hpa",
            "knative-kourier",
            "kserve",
            "kserve-runtimes",
        ]
        assert ingress_service(_settings(ingressClass="kourier")) == ("kourier-system", "kourier")

    def test_gateway_api_needs_istio_to_make_the_gateways(self) -> None:
        names = [component.name for component in components_of("gateway-api", built=True)]

        assert names[:4] == ["cert-manager", "gateway-api", "istio", "knative-serving"]
        assert ingress_service(_settings()) == ("istio-system", "knative-gateway-istio")

    def test_proxies_that_are_built_run_plain_envoy(self) -> None:
        built, pulled = (
            next(c for c in components_of("gateway-api", built=built) if c.name == "istio").identity()
            for built in (True, False)
        )

        assert "PILOT_ENABLE_METADATA_EXCHANGE" in built
        assert "PILOT_ENABLE_METADATA_EXCHANGE" not in pulled

    def test_upstreams_sizes_hold_without_profile(self) -> None:
        assert predictor_size(_settings()) == ContainerSize()
        assert configuration(_settings()).storage_initializer == ContainerSize()

    def test_the_local_profile_fits_five_predictors_on_two_cores(self) -> None:
        size = predictor_size(_settings(resourceProfile="local"))

        assert size == ContainerSize(
            cpu_request="100m", memory_request="512Mi", cpu_limit="2", memory_limit="2Gi"
        )

    def test_a_size_of_the_user_wins_where_it_says_something(self) -> None:
        settings = _settings(
            resourceProfile="local", kserve={"predictorResources": {"requests": {"cpu": "250m"}}}
        )

        assert predictor_size(settings) == ContainerSize(
            cpu_request="250m", memory_request="512Mi", cpu_limit="2", memory_limit="2Gi"
        )

    def test_kserve_routes_by_istio_unless_kourier_carries_traffic(self) -> None:
        assert configuration(_settings()).ingress.virtual_service is True
        assert configuration(_settings(ingressClass="kourier")).ingress.virtual_service is False


class TestStorage:
    def test_the_claim_takes_the_clusters_class_by_default(self) -> None:
        assert claim(StorageArgs("1Gi", None))["spec"] == {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        }

    def test_a_class_is_named_where_it_is_asked_for(self) -> None:
        assert claim(StorageArgs("5Gi", "fast"))["spec"]["storageClassName"] == "fast"
