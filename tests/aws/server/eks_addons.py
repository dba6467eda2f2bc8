"""Add-ons of the EKS double: moto has none."""

from __future__ import annotations

from uuid import uuid4

from tests.aws.server.eks_world import Row, World, association, not_found, updated
from tests.aws.server.wire import Refusal, Reply, Request, told

# Deployments: their pods wait for a machine.
_ON_MACHINES = frozenset({"aws-ebs-csi-driver", "coredns", "metrics-server"})


def create_addon(eks: World, request: Request, cluster: str) -> Reply:
    record, asked = eks.record(cluster), request.document
    name = asked["addonName"]
    eks.require_ready(cluster)
    if name in record.addons:
        raise Refusal("ResourceInUseException", f"Addon already exists: {name}", 409)
    for bound in asked.get("podIdentityAssociations", []):
        eks.require_unbound(cluster, "kube-system", bound["serviceAccount"])
        made = association(cluster, "kube-system", bound["serviceAccount"], bound["roleArn"])
        record.associations[made["associationId"]] = {**made, "ownerArn": name}
    issues = []
    if name in _ON_MACHINES and not any(not row["issues"] for row in record.groups.values()):
        text = "The add-on is unhealthy because it doesn't have the desired number of replicas."
        issues = [{"code": "InsufficientNumberOfReplicas", "message": text}]
    arn = f"arn:aws:eks:{request.region}:123456789012:addon/{cluster}/{name}/{uuid4()}"
    made = {
        key: value for key, value in asked.items() if key not in {"resolveConflicts", "clientRequestToken"}
    }
    record.addons[name] = {
        **made,
        "clusterName": cluster,
        "addonArn": arn,
        "status": "DEGRADED" if issues else "ACTIVE",
        "health": {"issues": issues},
    }
    return told({"addon": _shown(record.addons[name])})


def describe_addon(eks: World, request: Request, cluster: str, name: str) -> Reply:
    return told({"addon": _shown(_addon(eks, cluster, name))})


def update_addon(eks: World, request: Request, cluster: str, name: str) -> Reply:
    asked = {key: value for key, value in request.document.items() if key != "resolveConflicts"}
    _addon(eks, cluster, name).update(asked)
    return updated("AddonUpdate")


def delete_addon(eks: World, request: Request, cluster: str, name: str) -> Reply:
    row, record = _addon(eks, cluster, name), eks.record(cluster)
    owned = [key for key, each in record.associations.items() if each.get("ownerArn") == name]
    for key in owned:
        del record.associations[key]
    del record.addons[name]
    return told({"addon": {**_shown(row), "status": "DELETING"}})


def _addon(eks: World, cluster: str, name: str) -> Row:
    addons = eks.record(cluster).addons
    if name not in addons:
        raise not_found(f"No addon: {name} found in cluster: {cluster}")
    return addons[name]


def _shown(row: Row) -> Row:
    """As DescribeAddon tells it: associations by their ARNs."""
    return {key: value for key, value in row.items() if key != "podIdentityAssociations"}
