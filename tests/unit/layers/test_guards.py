"""What guards the way to models, and what keeps their namespace apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from components.layers import gateways
from components.layers.gateway_tls import certificates, hosts
from components.layers.knative_ingress import extra_objects
from components.layers.layer import Profile
from components.layers.model_guard import guards
from components.layers.platform import callers, quota
from components.settings.load import load, load_stack_file
from components.settings.model import Settings

STACKS = Path(__file__).parents[3] / "stacks"


def _settings(**platform: Any) -> Settings:
    return load({"kserve-platform:cluster": {"provider": "kind"}, "kserve-platform:platform": platform})


_PLAIN = Profile(built=False, small=False)


class TestEncryption:
    def test_the_public_gateway_ends_tls_and_the_local_one_does_not(self) -> None:
        _, encrypted = gateways.gateway("g", "LoadBalancer", None, secret="s", profile=_PLAIN)
        _, plain = gateways.gateway("g", "ClusterIP", None, profile=_PLAIN)

        assert [one["protocol"] for one in encrypted["spec"]["listeners"]] == ["HTTP", "HTTPS"]
        assert encrypted["spec"]["listeners"][1]["tls"] == {
            "mode": "Terminate",
            "certificateRefs": [{"name": "s"}],
        }
        assert [one["protocol"] for one in plain["spec"]["listeners"]] == ["HTTP"]

    def test_kserves_hosts_are_encrypted_with_the_same_certificate(self) -> None:
        public, local = extra_objects("gateway-api", encrypted=hosts("example.org"))

        assert public["spec"]["servers"][1] == {
            "hosts": ["*.kserve-test.example.org"],
            "port": {"name": "https", "number": 443, "protocol": "HTTPS"},
            "tls": {"mode": "SIMPLE", "credentialName": "gateway-tls"},
        }
        assert len(local["spec"]["servers"]) == 1

    def test_without_an_issuer_the_stack_has_an_authority_of_its_own(self) -> None:
        made = [(one["kind"], one["metadata"]["name"]) for one in certificates("example.org", None)]

        assert made == [
            ("Issuer", "gateway-authority-root"),
            ("Certificate", "gateway-authority"),
            ("Issuer", "gateway-authority"),
            ("Certificate", "gateway-tls"),
        ]

    def test_an_issuer_that_is_there_signs_alone(self) -> None:
        (only,) = certificates("example.org", "letsencrypt")

        assert only["spec"] == {
            "secretName": "gateway-tls",
            "dnsNames": ["*.kserve-test.example.org"],
            "issuerRef": {"kind": "ClusterIssuer", "name": "letsencrypt"},
        }


class TestModels:
    def test_nobody_asks_a_model_but_knative_and_the_gateways(self) -> None:
        deny, allow, _ = guards(callers(_settings()), {"pods": "50"})

        assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
        assert [one["namespaceSelector"]["matchLabels"] for one in allow["spec"]["ingress"][0]["from"]] == [
            {"kubernetes.io/metadata.name": "knative-serving"},
            {"kubernetes.io/metadata.name": "istio-system"},
        ]
        assert callers(_settings(ingressClass="kourier")) == ("knative-serving", "kourier-system")

    def test_models_may_take_what_the_stack_says(self) -> None:
        (*_, bound) = guards((), quota(_settings(quota={"pods": 7, "gpus": 0})))

        assert bound["spec"] == {"hard": {"pods": "7", "requests.nvidia.com/gpu": "0"}}
        assert quota(_settings()) == {"pods": "50"}

    def test_on_eks_models_may_take_the_gpus_of_the_budget(self) -> None:
        settings = load_stack_file(STACKS / "Pulumi.eks-prod.yaml")

        assert quota(settings) == {"pods": "50", "requests.nvidia.com/gpu": "8"}
