"""Who may do what on a cluster of the EKS double, people and pods: moto knows neither."""

from __future__ import annotations

from uuid import uuid4

from tests.aws.server.eks_world import Row, World, association, not_found
from tests.aws.server.wire import Refusal, Reply, Request, told


def create_entry(eks: World, request: Request, cluster: str) -> Reply:
    record, asked = eks.record(cluster), request.document
    eks.require_ready(cluster)
    principal = asked["principalArn"]
    if principal in record.entries:
        raise Refusal("ResourceInUseException", f"The access entry {principal} already exists", 409)
    arn = f"arn:aws:eks:{request.region}:123456789012:access-entry/{cluster}/{uuid4()}"
    record.entries[principal] = {**asked, "clusterName": cluster, "accessEntryArn": arn, "policies": {}}
    return describe_entry(eks, request, cluster, principal)


def describe_entry(eks: World, request: Request, cluster: str, principal: str) -> Reply:
    row = _entry(eks, cluster, principal)
    return told({"accessEntry": {key: value for key, value in row.items() if key != "policies"}})


def delete_entry(eks: World, request: Request, cluster: str, principal: str) -> Reply:
    _entry(eks, cluster, principal)
    del eks.record(cluster).entries[principal]
    return told({})


def allow(eks: World, request: Request, cluster: str, principal: str) -> Reply:
    row, asked = _entry(eks, cluster, principal), request.document
    row["policies"][asked["policyArn"]] = asked["accessScope"]
    associated = {"policyArn": asked["policyArn"], "accessScope": asked["accessScope"]}
    return told({"clusterName": cluster, "principalArn": principal, "associatedAccessPolicy": associated})


def allowed(eks: World, request: Request, cluster: str, principal: str) -> Reply:
    rows = _entry(eks, cluster, principal)["policies"].items()
    policies = [{"policyArn": arn, "accessScope": scope} for arn, scope in rows]
    return told({"clusterName": cluster, "principalArn": principal, "associatedAccessPolicies": policies})


def disallow(eks: World, request: Request, cluster: str, principal: str, policy: str) -> Reply:
    if _entry(eks, cluster, principal)["policies"].pop(policy, None) is None:
        raise not_found(f"The policy {policy} is not associated")
    return told({})


def _entry(eks: World, cluster: str, principal: str) -> Row:
    entries = eks.record(cluster).entries
    if principal not in entries:
        raise not_found(f"The specified principalArn could not be found: {principal}")
    return entries[principal]


def bind(eks: World, request: Request, cluster: str) -> Reply:
    record, asked = eks.record(cluster), request.document
    eks.require_ready(cluster)
    eks.require_unbound(cluster, asked["namespace"], asked["serviceAccount"])
    made = association(cluster, asked["namespace"], asked["serviceAccount"], asked["roleArn"])
    record.associations[made["associationId"]] = {**made, "tags": asked.get("tags", {})}
    return told({"association": record.associations[made["associationId"]]})


def describe_binding(eks: World, request: Request, cluster: str, key: str) -> Reply:
    return told({"association": _binding(eks, cluster, key)})


def rebind(eks: World, request: Request, cluster: str, key: str) -> Reply:
    _binding(eks, cluster, key)["roleArn"] = request.document["roleArn"]
    return told({"association": _binding(eks, cluster, key)})


def unbind(eks: World, request: Request, cluster: str, key: str) -> Reply:
    row = _binding(eks, cluster, key)
    del eks.record(cluster).associations[key]
    return told({"association": row})


def _binding(eks: World, cluster: str, key: str) -> Row:
    associations = eks.record(cluster).associations
    if key not in associations:
        raise not_found(f"No association {key} in cluster {cluster}")
    return associations[key]
