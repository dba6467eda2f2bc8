"""The load balancer in front of the gateway: how it is asked for, and that it goes before who deletes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.fleet.conftest import Run
from tests.components.fleet.order import before
from tests.components.mocks import Recorder

PREFIX = "service.beta.kubernetes.io/aws-load-balancer"
ARN = "arn:aws:acm:us-west-2:111122223333:certificate/00000000-1111-2222-3333-444444444444"
GATEWAY = "istio-system/knative-gateway"
CONTROLLER = "kube-system/aws-load-balancer-controller"


def _laid_over(recorder: Recorder) -> dict[str, Any]:
    data = recorder.the("ConfigMap", f"{GATEWAY}-options").inputs["data"]
    return dict(json.loads(data["service"]))


def _shown(recorder: Recorder) -> dict[str, str]:
    return dict(recorder.the("Gateway", GATEWAY).inputs["spec"]["infrastructure"]["annotations"])


def _listens(recorder: Recorder) -> dict[str, list[int]]:
    """Ports of every gateway, of Gateway API's kind and of Istio's."""
    specs = {found.name: found.inputs["spec"] for found in recorder.of("Gateway")}
    return {
        name: [one["port"] for one in spec.get("listeners", [])]
        + [one["port"]["number"] for one in spec.get("servers", [])]
        for name, spec in specs.items()
    }


def test_models_are_reached_from_inside_the_vpc_where_nobody_says_otherwise(run: Run) -> None:
    assert _shown(run()) == {f"{PREFIX}-scheme": "internal"}


def test_the_gateways_service_asks_for_a_network_load_balancer_straight_to_its_pods(run: Run) -> None:
    assert _laid_over(run()) == {
        "metadata": {
            "annotations": {
                f"{PREFIX}-nlb-target-type": "ip",
                f"{PREFIX}-attributes": "load_balancing.cross_zone.enabled=true",
                f"{PREFIX}-healthcheck-protocol": "http",
                f"{PREFIX}-healthcheck-port": "15021",
                f"{PREFIX}-healthcheck-path": "/healthz/ready",
            }
        },
        "spec": {"loadBalancerClass": "service.k8s.aws/nlb"},
    }


def test_a_public_load_balancer_with_a_certificate_ends_tls_for_those_who_are_allowed(run: Run) -> None:
    recorder = run(loadBalancer={"exposure": "public", "allow": ["203.0.113.0/24"], "certificate": ARN})

    assert _shown(recorder) == {f"{PREFIX}-scheme": "internet-facing", f"{PREFIX}-ssl-cert": ARN}
    laid = _laid_over(recorder)
    assert laid["spec"] == {
        "loadBalancerClass": "service.k8s.aws/nlb",
        "loadBalancerSourceRanges": ["203.0.113.0/24"],
    }
    assert laid["metadata"]["annotations"][f"{PREFIX}-alpn-policy"] == "HTTP2Preferred"


def test_where_the_load_balancer_ends_tls_the_gateway_listens_on_that_port_alone(run: Run) -> None:
    """istiod gives the Service the ports of the listeners, and the load balancer listens on each of them."""
    recorder = run(loadBalancer={"certificate": ARN})

    assert _listens(recorder) == {
        "istio-system/knative-gateway": [443],
        "istio-system/knative-local-gateway": [80],
        "knative-serving/knative-ingress-gateway": [443],
        "knative-serving/knative-local-gateway": [80],
    }
    # Named ports would be the only encrypted ones.
    assert f"{PREFIX}-ssl-ports" not in {
        **_shown(recorder),
        **_laid_over(recorder)["metadata"]["annotations"],
    }


def test_without_a_certificate_gateways_listen_where_plain_http_is_asked(run: Run) -> None:
    assert {port for ports in _listens(run()).values() for port in ports} == {80}


@pytest.mark.parametrize(
    ("exposure", "subnets"),
    [
        ("internal", "subnet-0aaaaaaaaaaaaaaaa,subnet-0bbbbbbbbbbbbbbbb"),
        ("public", "subnet-0cccccccccccccccc,subnet-0dddddddddddddddd"),
    ],
)
def test_subnets_that_others_made_are_named_instead_of_found(exposure: str, subnets: str, run: Run) -> None:
    recorder = run(
        zones=["us-west-2a", "us-west-2b"],
        network={},
        loadBalancer={"exposure": exposure},
        existing={
            "vpc": "vpc-0123456789abcdef0",
            "privateSubnets": {
                "us-west-2b": "subnet-0bbbbbbbbbbbbbbbb",
                "us-west-2a": "subnet-0aaaaaaaaaaaaaaaa",
            },
            "publicSubnets": {
                "us-west-2a": "subnet-0cccccccccccccccc",
                "us-west-2b": "subnet-0dddddddddddddddd",
            },
        },
    )

    assert _laid_over(recorder)["metadata"]["annotations"][f"{PREFIX}-subnets"] == subnets


def test_kouriers_own_service_carries_all_of_it_with_its_tls_port_alone_to_plain_http(run: Run) -> None:
    recorder = run(loadBalancer={"certificate": ARN}, platform={"ingressClass": "kourier"})

    service = recorder.the("Service", "kourier-system/kourier").inputs

    assert service["spec"]["loadBalancerClass"] == "service.k8s.aws/nlb"
    assert service["spec"]["ports"] == [{"name": "https", "port": 443, "targetPort": 8080}]
    told = service["metadata"]["annotations"]
    assert (told[f"{PREFIX}-scheme"], told[f"{PREFIX}-ssl-cert"]) == ("internal", ARN)
    assert f"{PREFIX}-healthcheck-port" not in told


def test_auto_mode_makes_load_balancers_itself_by_its_own_class(run: Run) -> None:
    recorder = run(autoscaler="auto")

    assert _laid_over(recorder)["spec"]["loadBalancerClass"] == "eks.amazonaws.com/nlb"
    assert CONTROLLER not in {found.name for found in recorder.of("Deployment")}


def test_the_controller_is_told_cluster_region_vpc_and_tags(run: Run) -> None:
    (container,) = run().the("Deployment", CONTROLLER).inputs["spec"]["template"]["spec"]["containers"]

    told = {argument.partition("=")[0]: argument.partition("=")[2] for argument in container["args"]}
    assert told["--cluster-name"] == "kserve-platform-eks-dev"
    assert told["--aws-region"] == "us-west-2"
    assert told["--aws-vpc-id"] == "id-of-vpc"
    assert "owner=ml-platform" in told["--default-tags"].split(",")
    assert container["image"] == "public.ecr.aws/eks/aws-load-balancer-controller:v2.17.1"


def test_with_irsa_the_controllers_account_carries_its_role(run: Run) -> None:
    recorder = run("eks-prod", identity="irsa")

    told = recorder.the("ServiceAccount", CONTROLLER).inputs["metadata"]["annotations"]

    assert told["eks.amazonaws.com/role-arn"].endswith("-aws-load-balancer-controller")


def test_the_controller_starts_with_a_certificate_and_its_kinds(run: Run) -> None:
    recorder = run()

    ahead = before(recorder, recorder.the("Deployment", CONTROLLER))

    assert {
        ("Gate", "aws-load-balancer-controller-certificate"),
        ("CustomResourceDefinition", "targetgroupbindings.elbv2.k8s.aws"),
        ("CustomResourceDefinition", "ingressclassparams.elbv2.k8s.aws"),
    } <= ahead


def test_the_gateway_goes_then_its_load_balancer_then_the_controller_then_machines_and_vpc(run: Run) -> None:
    """What is before another in the making is after it in the end."""
    recorder = run()
    held = recorder.the("Departure", "load-balancers")

    assert ("Departure", "load-balancers") in before(recorder, recorder.the("Gateway", GATEWAY))
    outliving = before(recorder, held)
    assert {
        ("Deployment", CONTROLLER),
        ("ServiceAccount", CONTROLLER),
        ("ClusterRoleBinding", "aws-load-balancer-controller"),
        ("RolePolicy", "aws-load-balancer-controller-balance"),
        ("PodIdentityAssociation", "aws-load-balancer-controller"),
        ("NodeGroup", "system"),
        ("Cluster", "cluster"),
        ("Vpc", "vpc"),
        ("NatGateway", "nat-us-west-2a"),
    } <= outliving


def test_the_end_waits_for_every_load_balancer_on_the_cluster(run: Run) -> None:
    assert run().the("Departure", "load-balancers").inputs == {
        "checks": [
            {
                "check": "noneLeft",
                "apiVersion": "v1",
                "kind": "Service",
                "where": {"spec.type": "LoadBalancer"},
            }
        ],
        "timeoutSeconds": 900,
    }


def test_kouriers_service_too_goes_before_the_controller(run: Run) -> None:
    recorder = run(platform={"ingressClass": "kourier"})

    service = recorder.the("Service", "kourier-system/kourier")

    assert ("Departure", "load-balancers") in before(recorder, service)


def test_where_the_load_balancer_ends_tls_everybody_is_told_https(run: Run) -> None:
    recorder = run(loadBalancer={"certificate": ARN})
    serving = recorder.the("ConfigMap", "kserve/inferenceservice-config").inputs["data"]

    assert recorder.the("ConfigMap", "knative-serving/config-network").inputs["data"] == {
        "default-external-scheme": "https",
        "ingress-class": "gateway-api.ingress.networking.knative.dev",
    }
    assert json.loads(serving["ingress"])["urlScheme"] == "https"
    assert recorder.exports["ingressPort"] == 443
    assert recorder.exports["url"] == "https://ingress.example.org:443"


def test_without_a_certificate_everybody_is_told_http(run: Run) -> None:
    recorder = run()
    network = recorder.the("ConfigMap", "knative-serving/config-network").inputs["data"]

    assert "default-external-scheme" not in network
    assert recorder.exports["url"] == "http://ingress.example.org:80"
