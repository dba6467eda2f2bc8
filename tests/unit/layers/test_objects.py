from __future__ import annotations

import pytest
from pulumi_kubernetes import apiextensions, apiregistration, apps, networking, rbac

from components.layers.objects import arguments, logical_name, resource_class


def test_a_resource_is_named_by_namespace_and_name() -> None:
    assert logical_name({"metadata": {"name": "a", "namespace": "n"}}) == "n/a"
    assert logical_name({"metadata": {"name": "a"}}) == "a"


@pytest.mark.parametrize(
    ("version", "kind", "expected"),
    [
        ("apps/v1", "Deployment", apps.v1.Deployment),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", rbac.v1.ClusterRole),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            apiextensions.v1.CustomResourceDefinition,
        ),
        ("apiregistration.k8s.io/v1", "APIService", apiregistration.v1.APIService),
        ("networking.k8s.io/v1", "IngressClass", networking.v1.IngressClass),
        ("karpenter.sh/v1", "NodePool", apiextensions.CustomResource),
        ("karpenter.k8s.aws/v1", "EC2NodeClass", apiextensions.CustomResource),
        ("serving.kserve.io/v1beta1", "InferenceService", apiextensions.CustomResource),
        ("gateway.networking.k8s.io/v1", "Gateway", apiextensions.CustomResource),
        ("networking.istio.io/v1", "Gateway", apiextensions.CustomResource),
        ("networking.internal.knative.dev/v1alpha1", "Certificate", apiextensions.CustomResource),
    ],
)
def test_each_kind_has_its_class(version: str, kind: str, expected: object) -> None:
    assert resource_class({"apiVersion": version, "kind": kind}) is expected


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("v1", "Pod"),
        ("batch/v1", "CronJob"),
        ("networking.k8s.io/v1", "Ingress"),
        ("apps/v1", "StatefulSet"),
    ],
)
def test_a_kind_of_kubernetes_without_a_class_is_refused_by_name(version: str, kind: str) -> None:
    with pytest.raises(LookupError) as refused:
        resource_class({"apiVersion": version, "kind": kind})

    assert str(refused.value) == f"no class for {version} {kind}: add it to components/layers/objects.py"


def test_fields_become_keyword_arguments_and_a_typed_class_knows_its_kind() -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "a"},
        "roleRef": {"apiGroup": "g"},
        "subjects": [],
    }

    assert arguments(binding) == {"metadata": {"name": "a"}, "role_ref": {"apiGroup": "g"}, "subjects": []}


def test_a_custom_resource_keeps_version_and_kind() -> None:
    service = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "a"},
    }

    assert arguments(service) == {
        "api_version": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "a"},
    }
