"""cluster-autoscaler: more machines when pods wait, fewer when they do not need them, down to none.

It finds groups by the tags of their Auto Scaling groups, and knows from other tags what a machine will be
like of which there is none yet: labels, taints, GPUs (`components/cluster/eks/machine_plan.py`). Its AWS role
is the cluster's (`components/cluster/eks/controllers.py`).

Facts: cluster-autoscaler/cloudprovider/aws/README.md and examples/cluster-autoscaler-autodiscover.yaml of
kubernetes/autoscaler; charts/cluster-autoscaler/templates (clusterrole.yaml, role.yaml, deployment.yaml,
pdb.yaml); that its scheduler waits for ever without rights to resource.k8s.io since 1.34 is told by those who
ran 1.35.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.cluster.base import Cluster
from components.cluster.checks import DeploymentAvailable
from components.cluster.fleet import Fleet, PodRole, ServiceAccount
from components.facts.cluster_autoscaler import image_for
from components.layers.edits import annotated
from components.layers.fleet.expander import PRIORITIES, priorities
from components.layers.fleet.node_agents import from_field, variables
from components.layers.layer import Layer, Profile, profile_edits
from components.layers.objects import Manifest

NAME = "cluster-autoscaler"
PORT = 8085
# How long a machine may take from the request to a ready node; then the autoscaler tries another group. Its
# own default, said here because the deadlines of services are made of it.
PROVISION_MINUTES = 15

_STATUS = "cluster-autoscaler-status"
_READ = ["get", "list", "watch"]


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        fleet: The machines.
        role: Its AWS role.
        profile: How its pods are run.
    """

    fleet: Fleet
    role: PodRole
    profile: Profile


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        ready: Open once it runs: a pod that needs a new machine gets one.
    """

    ready: pulumi.Resource


class ClusterAutoscaler(Layer):
    """The autoscaler and its gate.

    Raises:
        PlatformError: No image is pinned for the cluster's version of Kubernetes.
    """

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("ClusterAutoscaler", NAME, cluster)
        account = args.role.account
        installed = self.install(
            manifests(args.fleet, account),
            profile_edits(args.profile),
            late=[annotated("ServiceAccount", account.name, args.role.annotations)],
        )
        checks = [DeploymentAvailable(account.namespace, NAME)]
        self.outputs = Outputs(ready=self.gate(NAME, checks, installed))
        self.register_outputs({})


def manifests(fleet: Fleet, account: ServiceAccount) -> list[Manifest]:
    """Everything of the layer.

    Args:
        fleet: The machines.
        account: Whom AWS gives the role to.

    Raises:
        PlatformError: No image is pinned for the cluster's version of Kubernetes.
    """
    namespace = account.namespace
    metadata = {"name": NAME, "namespace": namespace, "labels": _LABELS}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**metadata, "name": account.name}},
        *_rights(namespace, account.name),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**metadata, "name": PRIORITIES},
            "data": {"priorities": priorities(fleet.groups)},
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata,
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _SELECTOR}},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                # One works and one waits: the machine of the first may be the one that goes.
                "replicas": 2,
                "selector": {"matchLabels": _SELECTOR},
                "template": {
                    "metadata": {
                        "labels": _LABELS,
                        "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": str(PORT)},
                    },
                    "spec": _pod(fleet, account.name, namespace),
                },
            },
        },
    ]


_SELECTOR = {"app.kubernetes.io/name": NAME}
_LABELS = {**_SELECTOR, "app.kubernetes.io/part-of": "kserve-platform"}


def arguments(cluster: str, namespace: str) -> list[str]:
    """Its command line.

    Args:
        cluster: Name of the cluster in AWS, part of the tag that says whose a group is.
        namespace: Where its status and lease are.
    """
    tags = f"k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/{cluster}"
    return [
        "./cluster-autoscaler",
        "--cloud-provider=aws",
        f"--namespace={namespace}",
        f"--node-group-auto-discovery=asg:tag={tags}",
        # What is paid for already first, then what is cheap; among equals, what is filled best.
        "--expander=priority,least-waste",
        f"--max-node-provision-time={PROVISION_MINUTES}m",
        # Predictors keep their model in an emptyDir: it is fetched again elsewhere, and no reason to keep a
        # machine.
        "--skip-nodes-with-local-storage=false",
        "--stderrthreshold=info",
        "--v=4",
    ]


def _pod(fleet: Fleet, account: str, namespace: str) -> dict[str, Any]:
    container = {
        "name": NAME,
        "image": image_for(fleet.kubernetes_version),
        "command": arguments(fleet.cluster, namespace),
        "env": [
            # Pods cannot ask the machine's metadata service where they are.
            *variables(AWS_REGION=fleet.region, AWS_STS_REGIONAL_ENDPOINTS="regional"),
            from_field("POD_NAMESPACE", "metadata.namespace"),
        ],
        "ports": [{"name": "metrics", "containerPort": PORT}],
        "livenessProbe": {"httpGet": {"path": "/health-check", "port": "metrics"}},
        "resources": {"requests": {"cpu": "100m", "memory": "600Mi"}, "limits": {"memory": "600Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    return {
        "serviceAccountName": account,
        "priorityClassName": "system-cluster-critical",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": _SELECTOR},
            }
        ],
        "containers": [container],
    }


def _rights(namespace: str, account: str) -> list[Manifest]:
    return [
        *_granted("ClusterRole", None, namespace, account, _CLUSTER_RULES),
        *_granted("Role", namespace, namespace, account, _NAMESPACE_RULES),
    ]


def _granted(
    kind: str, where: str | None, namespace: str, account: str, rules: Sequence[Mapping[str, Any]]
) -> list[Manifest]:
    metadata = {"name": NAME, "labels": _LABELS, **({"namespace": where} if where else {})}
    group = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": f"{group}/v1",
            "kind": kind,
            "metadata": metadata,
            "rules": [dict(rule) for rule in rules],
        },
        {
            "apiVersion": f"{group}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": kind, "name": NAME},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
        },
    ]


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str], *names: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
    return {**rule, "resourceNames": list(names)} if names else rule


_CLUSTER_RULES = (
    _rule("", ["events", "endpoints"], ["create", "patch"]),
    _rule("", ["pods/eviction"], ["create"]),
    _rule("", ["pods/status"], ["update"]),
    _rule("", ["nodes"], ["get", "list", "watch", "update"]),
    _rule(
        "",
        [
            "namespaces",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "replicationcontrollers",
            "services",
        ],
        _READ,
    ),
    _rule("apps", ["daemonsets", "replicasets", "statefulsets"], _READ),
    _rule("batch", ["cronjobs", "jobs"], _READ),
    _rule("policy", ["poddisruptionbudgets"], _READ),
    # Without these its copy of the scheduler waits for them for ever, and it says Initializing.
    _rule("resource.k8s.io", ["deviceclasses", "resourceclaims", "resourceslices"], _READ),
    _rule(
        "storage.k8s.io",
        ["csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments"],
        _READ,
    ),
)
_NAMESPACE_RULES = (
    _rule("", ["configmaps"], ["create", "list", "watch"]),
    _rule("", ["configmaps"], ["delete", "get", "update", "watch"], _STATUS, PRIORITIES),
    _rule("coordination.k8s.io", ["leases"], ["create"]),
    _rule("coordination.k8s.io", ["leases"], ["get", "update"], NAME),
)
