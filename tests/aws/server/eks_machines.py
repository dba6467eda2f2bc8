"""Node groups of the EKS double: machines join only where they can."""

from __future__ import annotations

from tests.aws.by_eks import scaling_group
from tests.aws.server.eks_world import NODE_POLICY, QUESTIONS, ClusterRecord, Row, World, updated
from tests.aws.server.rules import ways_out
from tests.aws.server.wire import Refusal, Reply, Request, told

# Without these a machine never becomes ready; with Pod Identity the second of them needs the agent.
_FOR_MACHINES = ("kube-proxy", "vpc-cni")
_AGENT = "eks-pod-identity-agent"


def create_group(eks: World, request: Request, cluster: str) -> Reply:
    record, asked = eks.record(cluster), request.document
    eks.require_ready(cluster)
    scaling = asked["scalingConfig"]
    if not scaling["minSize"] <= scaling.get("desiredSize", scaling["minSize"]) <= scaling["maxSize"]:
        raise Refusal("InvalidParameterException", "desiredSize must be between minSize and maxSize")
    eks.require_version(cluster, asked["version"])
    reply = eks.forward(request)
    if reply.status >= 300:
        return reply
    name = asked["nodegroupName"]
    issues = _why_not_joining(eks, record, asked)
    for number in range(scaling.get("desiredSize", 0)):
        subnet = asked["subnets"][number % len(asked["subnets"])]
        eks.add_interface(subnet, f"aws-K8S-{cluster}-{name}-{number}", record.group)
    record.groups[name] = {
        "questions": QUESTIONS,
        "issues": issues,
        "role": asked["nodeRole"],
        "nodegroupArn": reply.document["nodegroup"]["nodegroupArn"],
        # Moto tags clusters only.
        "tags": asked.get("tags", {}),
        "told": {"version": asked["version"], "launchTemplate": asked["launchTemplate"]},
    }
    return _tell_group(eks, reply, record, name)


def describe_group(eks: World, request: Request, cluster: str, name: str) -> Reply:
    reply = eks.forward(request)
    if reply.status >= 300:
        return reply
    row = eks.record(cluster).groups[name]
    row["questions"] = max(row["questions"] - 1, 0)
    return _tell_group(eks, reply, eks.record(cluster), name)


def _tell_group(eks: World, reply: Reply, record: ClusterRecord, name: str) -> Reply:
    row, document = record.groups[name], reply.document
    group = document["nodegroup"]
    ended = "CREATE_FAILED" if row["issues"] else "ACTIVE"
    group.update(row["told"], status="CREATING" if row["questions"] else ended)
    group["tags"] = row["tags"]
    group["health"] = {"issues": row["issues"]}
    group["resources"] = {"autoScalingGroups": [{"name": scaling_group(eks.aws, group)}]}
    return told(document)


def upgrade_group(eks: World, request: Request, cluster: str, name: str) -> Reply:
    record, asked = eks.record(cluster), request.document
    eks.require_version(cluster, asked["version"])
    record.groups[name]["told"].update(version=asked["version"], launchTemplate=asked["launchTemplate"])
    return updated("VersionUpdate")


def delete_group(eks: World, request: Request, cluster: str, name: str) -> Reply:
    record = eks.record(cluster)
    reply = eks.forward(request)
    if reply.status >= 300:
        return reply
    row = record.groups.pop(name)
    if eks.has_policy(row["role"], NODE_POLICY):
        eks.remove_interfaces(f"aws-K8S-{cluster}-{name}-")
    eks.aws("autoscaling", "DeleteAutoScalingGroup", AutoScalingGroupName=f"eks-{name}", ForceDelete=True)
    return reply


def _why_not_joining(eks: World, record: ClusterRecord, asked: Row) -> list[Row]:
    missing = [name for name in _FOR_MACHINES if name not in record.addons]
    bound = record.addons.get("vpc-cni", {}).get("podIdentityAssociations")
    if bound and _AGENT not in record.addons:
        missing.append(_AGENT)
    reasons = [f"the add-on {name} is not there" for name in missing]
    if not eks.has_policy(asked["nodeRole"], NODE_POLICY):
        reasons.append(f"the role {asked['nodeRole']} lacks {NODE_POLICY}")
    for subnet in asked["subnets"]:
        reasons += ways_out(eks.aws, subnet)
    told_as = "Instances failed to join the kubernetes cluster"
    return [{"code": "NodeCreationFailure", "message": f"{told_as}: {reason}"} for reason in reasons]
