"""Clusters of the EKS double: moto keeps them, and drops half of what they are asked with."""

from __future__ import annotations

from tests.aws.by_eks import security_group
from tests.aws.server.eks_world import CLUSTER_POLICY, QUESTIONS, ClusterRecord, World, minor, updated
from tests.aws.server.wire import Refusal, Reply, Request, told


def create_cluster(eks: World, request: Request) -> Reply:
    asked = request.document
    name = asked["name"]
    eks.require_role(asked["roleArn"], "eks.amazonaws.com")
    reply = eks.forward(request)
    if reply.status >= 300:
        return reply
    _make_log_group(eks, name)
    made = reply.document["cluster"]
    group = security_group(eks.aws, made)
    for subnet in made["resourcesVpcConfig"]["subnetIds"]:
        eks.add_interface(subnet, f"Amazon EKS {name}", group)
    eks.clusters[name] = ClusterRecord(asked, QUESTIONS, group)
    return _tell_cluster(eks, reply, name, "CREATING")


def describe_cluster(eks: World, request: Request, name: str) -> Reply:
    reply = eks.forward(request)
    if reply.status >= 300:
        return reply
    record = eks.record(name)
    record.questions = max(record.questions - 1, 0)
    return _tell_cluster(eks, reply, name, "CREATING" if record.questions else "ACTIVE")


def _tell_cluster(eks: World, reply: Reply, name: str, status: str) -> Reply:
    record, document = eks.record(name), reply.document
    kept = ("accessConfig", "deletionProtection", "upgradePolicy", "version", "zonalShiftConfig", "logging")
    more = {key: record.asked[key] for key in kept if key in record.asked}
    document["cluster"].update(more, status=status)
    if eks.endpoint is not None:
        document["cluster"]["endpoint"] = eks.endpoint
    document["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"] = record.group
    return told(document)


def update_cluster(eks: World, request: Request, name: str) -> Reply:
    record, asked = eks.record(name), request.document
    eks.require_ready(name)
    record.asked.update({key: value for key, value in asked.items() if key != "clientRequestToken"})
    return updated("ConfigUpdate")


def upgrade_cluster(eks: World, request: Request, name: str) -> Reply:
    record, asked = eks.record(name), request.document
    eks.require_ready(name)
    have, want = minor(record.asked["version"]), minor(asked["version"])
    if want != have + 1:
        text = f"Unsupported Kubernetes minor version update from 1.{have} to 1.{want}"
        raise Refusal("InvalidParameterException", text)
    record.asked["version"] = asked["version"]
    return updated("VersionUpdate")


def delete_cluster(eks: World, request: Request, name: str) -> Reply:
    record = eks.record(name)
    if record.asked.get("deletionProtection"):
        text = "Cluster deletion protection is enabled. Disable it before you delete the cluster."
        raise Refusal("InvalidRequestException", text)
    reply = eks.forward(request)
    if reply.status >= 300:
        return reply
    if eks.has_policy(record.asked["roleArn"], CLUSTER_POLICY):
        # Without its rights EKS leaves these behind, and the subnets cannot go for ever.
        eks.remove_interfaces(f"Amazon EKS {name}")
        eks.aws("ec2", "DeleteSecurityGroup", GroupId=record.group)
    del eks.clusters[name]
    return reply


def _make_log_group(eks: World, name: str) -> None:
    """EKS makes the group where nobody did, without an end to its rows."""
    wanted = f"/aws/eks/{name}/cluster"
    groups = eks.aws("logs", "DescribeLogGroups", logGroupNamePrefix=wanted)["logGroups"]
    if not groups:
        eks.aws("logs", "CreateLogGroup", logGroupName=wanted)
