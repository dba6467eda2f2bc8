"""Manifests as plain dicts become resources of `pulumi_kubernetes`, each of the class of its kind.

A typed class where there is one, so that policies and previews see kinds and not blobs; `CustomResource` for
the kinds that CRDs define.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import (
    admissionregistration,
    apiextensions,
    apiregistration,
    apps,
    autoscaling,
    batch,
    core,
    networking,
    policy,
    rbac,
)

Manifest = dict[str, Any]
"""An object as the API server takes it. Never changed in place: edits make copies."""

_TYPED: Mapping[tuple[str, str], Callable[..., pulumi.CustomResource]] = {
    ("v1", "ConfigMap"): core.v1.ConfigMap,
    ("v1", "Namespace"): core.v1.Namespace,
    ("v1", "PersistentVolumeClaim"): core.v1.PersistentVolumeClaim,
    ("v1", "ResourceQuota"): core.v1.ResourceQuota,
    ("v1", "Secret"): core.v1.Secret,
    ("v1", "Service"): core.v1.Service,
    ("v1", "ServiceAccount"): core.v1.ServiceAccount,
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): apiextensions.v1.CustomResourceDefinition,
    ("apiregistration.k8s.io/v1", "APIService"): apiregistration.v1.APIService,
    ("apps/v1", "DaemonSet"): apps.v1.DaemonSet,
    ("apps/v1", "Deployment"): apps.v1.Deployment,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): autoscaling.v2.HorizontalPodAutoscaler,
    ("batch/v1", "Job"): batch.v1.Job,
    ("networking.k8s.io/v1", "IngressClass"): networking.v1.IngressClass,
    ("networking.k8s.io/v1", "NetworkPolicy"): networking.v1.NetworkPolicy,
    ("policy/v1", "PodDisruptionBudget"): policy.v1.PodDisruptionBudget,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): rbac.v1.ClusterRole,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): rbac.v1.ClusterRoleBinding,
    ("rbac.authorization.k8s.io/v1", "Role"): rbac.v1.Role,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): rbac.v1.RoleBinding,
    (
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
    ): admissionregistration.v1.MutatingWebhookConfiguration,
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
    ): admissionregistration.v1.ValidatingWebhookConfiguration,
}
_BUILT_IN_GROUP = re.compile(r"(?:v1|[a-z0-9]+/v\w+|[a-z.]+\.k8s\.io/v\w+)")
_CRD_GROUPS_OF_KUBERNETES = ("gateway.networking.k8s.io/",)


def logical_name(manifest: Manifest) -> str:
    """The name of an object's resource in the stack: namespace/name, or name. Its kind is in the type."""
    metadata = manifest["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


def resource_class(manifest: Manifest) -> Callable[..., pulumi.CustomResource]:
    """The class of an object's kind.

    Raises:
        LookupError: A kind of Kubernetes' own that has no entry above yet; a CustomResource would hide it
            from policies.
    """
    key = (manifest["apiVersion"], manifest["kind"])
    if key in _TYPED:
        return _TYPED[key]
    version = key[0]
    if _BUILT_IN_GROUP.fullmatch(version) and not version.startswith(_CRD_GROUPS_OF_KUBERNETES):
        raise LookupError(f"no class for {version} {key[1]}: add it to components/layers/objects.py")
    return apiextensions.CustomResource


def arguments(manifest: Manifest) -> dict[str, Any]:
    """An object's fields as keyword arguments of its class."""
    given = {_snake(name): value for name, value in manifest.items()}
    if resource_class(manifest) is not apiextensions.CustomResource:
        del given["api_version"], given["kind"]
    return given


def register(manifest: Manifest, options: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Register an object as a resource."""
    return resource_class(manifest)(logical_name(manifest), **arguments(manifest), opts=options)


def _snake(name: str) -> str:
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
