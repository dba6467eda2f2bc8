"""EKS: cluster, machines, add-ons, access and identity of pods; and the tags of the groups behind machines.

Waits are the provider's: it asks until a thing is ACTIVE. The double's server answers at once or after a
number of questions, so a bound on questions is enough and no clock is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.api import is_gone
from tests.aws.kinds.base import Calls, Kind, Made, State, Unready, retagged, unique
from tests.components.eks.aws_requests import OPERATIONS

_QUESTIONS = 50


def _settled(about: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Ask until something is there for good.

    Raises:
        Unready: It never will be; the text has AWS's reasons.
    """
    for _ in range(_QUESTIONS):
        found = ask()
        if found["status"] == "ACTIVE":
            return found
        if found["status"] not in {"CREATING", "UPDATING"}:
            issues = found.get("health", {}).get("issues", [])
            told = "; ".join(f"{issue['code']}: {issue['message']}" for issue in issues)
            raise Unready(f"{about} is {found['status']}: {told}")
    raise Unready(f"{about} is not ready after {_QUESTIONS} questions")


def _until_gone(about: str, ask: Callable[[], object]) -> None:
    for _ in range(_QUESTIONS):
        try:
            ask()
        except ClientError as error:
            if is_gone(error):
                return
            raise
    raise Unready(f"{about} is still there after {_QUESTIONS} questions")


def _retag(aws: Calls, key: str, old: State, new: State) -> None:
    put, gone = retagged(old, new)
    if put:
        aws("eks", "TagResource", resourceArn=old["arn"], tags=put)
    if gone:
        aws("eks", "UntagResource", resourceArn=old["arn"], tagKeys=gone)


# The cluster.


def _cluster_ready(aws: Calls, made: Made, inputs: State) -> None:
    found = _settled(f"the cluster {made.id}", lambda: aws("eks", "DescribeCluster", name=made.id)["cluster"])
    made.outputs.update(
        endpoint=found["endpoint"],
        certificateAuthority={"data": found["certificateAuthority"]["data"]},
        # What is asked for, and what EKS has made of it.
        vpcConfig={
            **inputs["vpcConfig"],
            "clusterSecurityGroupId": found["resourcesVpcConfig"]["clusterSecurityGroupId"],
        },
        identities=[{"oidcs": [{"issuer": found["identity"]["oidc"]["issuer"]}]}],
        status=found["status"],
    )


def _cluster(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    found = aws("eks", "DescribeCluster", name=key)["cluster"]
    kept = {each for row in found["logging"]["clusterLogging"] if row["enabled"] for each in row["types"]}
    return {
        "version": found["version"],
        "tags": found.get("tags", {}),
        "enabledClusterLogTypes": sorted(kept),
        "deletionProtection": found.get("deletionProtection", False),
    }


def _update_cluster(**members: Callable[[State], Any]) -> Callable[[Calls, str, State, State], None]:
    def change(aws: Calls, key: str, old: State, new: State) -> None:
        aws("eks", "UpdateClusterConfig", name=key, **{key: of(new) for key, of in members.items()})

    return change


def _reach(inputs: State) -> Mapping[str, Any]:
    named = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
    return {key: inputs["vpcConfig"][key] for key in named if key in inputs["vpcConfig"]}


def _logging(inputs: State) -> Mapping[str, Any]:
    logging: Mapping[str, Any] = OPERATIONS["aws:eks/cluster:Cluster"].request(inputs)["logging"]
    return logging


def _upgrade(aws: Calls, key: str, old: State, new: State) -> None:
    aws("eks", "UpdateClusterVersion", name=key, version=new["version"])


def _delete_cluster(aws: Calls, key: str, state: State) -> None:
    aws("eks", "DeleteCluster", name=key)
    _until_gone(f"the cluster {key}", lambda: aws("eks", "DescribeCluster", name=key))


# The machines.


def _group_of(key: str) -> dict[str, str]:
    cluster, group = key.split(":")
    return {"clusterName": cluster, "nodegroupName": group}


def _describe_group(aws: Calls, key: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = aws("eks", "DescribeNodegroup", **_group_of(key))["nodegroup"]
    return found


def _group_ready(aws: Calls, made: Made, inputs: State) -> None:
    found = _settled(f"the node group {made.id}", lambda: _describe_group(aws, made.id))
    groups = [{"name": each["name"]} for each in found["resources"]["autoScalingGroups"]]
    made.outputs.update(resources=[{"autoscalingGroups": groups}], status=found["status"])


def _group(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    found = _describe_group(aws, key)
    return {
        "scalingConfig": found["scalingConfig"],
        "labels": found.get("labels", {}),
        "taints": found.get("taints", []),
        "tags": found.get("tags", {}),
        "version": found["version"],
    }


def _label(aws: Calls, key: str, old: State, new: State) -> None:
    put = {key: value for key, value in new["labels"].items() if old["labels"].get(key) != value}
    gone = sorted(set(old["labels"]) - set(new["labels"]))
    labels = {"addOrUpdateLabels": put, "removeLabels": gone}
    aws("eks", "UpdateNodegroupConfig", **_group_of(key), labels=labels)


def _taint(aws: Calls, key: str, old: State, new: State) -> None:
    before, after = old.get("taints") or [], new.get("taints") or []
    taints = {
        "addOrUpdateTaints": [taint for taint in after if taint not in before],
        "removeTaints": [taint for taint in before if taint not in after],
    }
    aws("eks", "UpdateNodegroupConfig", **_group_of(key), taints=taints)


def _scale(aws: Calls, key: str, old: State, new: State) -> None:
    aws("eks", "UpdateNodegroupConfig", **_group_of(key), scalingConfig=dict(new["scalingConfig"]))


def _pace(aws: Calls, key: str, old: State, new: State) -> None:
    aws("eks", "UpdateNodegroupConfig", **_group_of(key), updateConfig=dict(new["updateConfig"]))


def _roll(aws: Calls, key: str, old: State, new: State) -> None:
    """New machines for old: another version, or another template."""
    template = dict(new["launchTemplate"])
    aws("eks", "UpdateNodegroupVersion", **_group_of(key), version=new["version"], launchTemplate=template)


def _delete_group(aws: Calls, key: str, state: State) -> None:
    aws("eks", "DeleteNodegroup", **_group_of(key))
    _until_gone(f"the node group {key}", lambda: _describe_group(aws, key))


# Add-ons, access, identity.


def _addon_of(key: str) -> dict[str, str]:
    cluster, addon = key.split(":")
    return {"clusterName": cluster, "addonName": addon}


def _describe_addon(aws: Calls, key: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = aws("eks", "DescribeAddon", **_addon_of(key))["addon"]
    return found


def _addon_ready(aws: Calls, made: Made, inputs: State) -> None:
    _settled(f"the add-on {made.id}", lambda: _describe_addon(aws, made.id))


def _addon(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    found = _describe_addon(aws, key)
    return {"addonVersion": found["addonVersion"], "tags": found.get("tags", {})}


def _update_addon(aws: Calls, key: str, old: State, new: State) -> None:
    request = {"addonVersion": new["addonVersion"], "resolveConflicts": new["resolveConflictsOnUpdate"]}
    if new.get("configurationValues") is not None:
        request["configurationValues"] = new["configurationValues"]
    aws("eks", "UpdateAddon", **_addon_of(key), **request)
    _settled(f"the add-on {key}", lambda: _describe_addon(aws, key))


def _principal(state: State) -> dict[str, str]:
    return {"clusterName": state["clusterName"], "principalArn": state["principalArn"]}


def _right(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    answer = aws("eks", "ListAssociatedAccessPolicies", **_principal(state))
    found = [each for each in answer["associatedAccessPolicies"] if each["policyArn"] == state["policyArn"]]
    return {} if found else None


def _association(state: State) -> dict[str, str]:
    return {"clusterName": state["clusterName"], "associationId": state["associationId"]}


def _reassociate(aws: Calls, key: str, old: State, new: State) -> None:
    aws("eks", "UpdatePodIdentityAssociation", **_association(old), roleArn=new["roleArn"])


EKS = (
    Kind(
        token="aws:eks/cluster:Cluster",
        identity=lambda answer, _: answer["cluster"]["name"],
        outputs=lambda answer, _: {"arn": answer["cluster"]["arn"]},
        more=_cluster_ready,
        look=_cluster,
        changes={
            "deletionProtection": _update_cluster(deletionProtection=lambda new: new["deletionProtection"]),
            "enabledClusterLogTypes": _update_cluster(logging=_logging),
            "tags": _retag,
            "upgradePolicy": _update_cluster(upgradePolicy=lambda new: dict(new["upgradePolicy"])),
            "version": _upgrade,
            "vpcConfig": _update_cluster(resourcesVpcConfig=_reach),
            "zonalShiftConfig": _update_cluster(zonalShiftConfig=lambda new: dict(new["zonalShiftConfig"])),
        },
        remove=_delete_cluster,
        # Subnets can be changed since 2023, encryption can be added; neither is a change of this project.
        replaces=frozenset(
            {"bootstrapSelfManagedAddons", "encryptionConfig", "kubernetesNetworkConfig", "name", "roleArn"}
        ),
        fixed_name="name",
        within={"vpcConfig": ("clusterSecurityGroupId",)},
    ),
    Kind(
        token="aws:eks/nodeGroup:NodeGroup",
        identity=lambda answer, inputs: f"{inputs['clusterName']}:{answer['nodegroup']['nodegroupName']}",
        outputs=lambda answer, _: {
            "arn": answer["nodegroup"]["nodegroupArn"],
            "nodeGroupName": answer["nodegroup"]["nodegroupName"],
        },
        named=lambda name: {"nodegroupName": unique(f"{name[:36]}-")},
        more=_group_ready,
        look=_group,
        changes={
            "labels": _label,
            "launchTemplate": _roll,
            "scalingConfig": _scale,
            "tags": _retag,
            "taints": _taint,
            "updateConfig": _pace,
            "version": _roll,
        },
        remove=_delete_group,
        replaces=frozenset(
            {
                "amiType",
                "capacityType",
                "clusterName",
                "diskSize",
                "instanceTypes",
                "nodeGroupName",
                "nodeGroupNamePrefix",
                "nodeRoleArn",
                "subnetIds",
            }
        ),
        fixed_name="nodeGroupName",
    ),
    Kind(
        token="aws:eks/addon:Addon",
        identity=lambda _, inputs: f"{inputs['clusterName']}:{inputs['addonName']}",
        outputs=lambda answer, _: {"arn": answer["addon"]["addonArn"]},
        more=_addon_ready,
        look=_addon,
        changes={"addonVersion": _update_addon, "configurationValues": _update_addon, "tags": _retag},
        remove=lambda aws, key, _: aws("eks", "DeleteAddon", **_addon_of(key)),
        replaces=frozenset({"addonName", "clusterName"}),
        fixed_name="addonName",
    ),
    Kind(
        token="aws:eks/accessEntry:AccessEntry",
        identity=lambda _, inputs: f"{inputs['clusterName']}:{inputs['principalArn']}",
        outputs=lambda answer, _: {"accessEntryArn": answer["accessEntry"]["accessEntryArn"]},
        look=lambda aws, _, state: {
            "tags": aws("eks", "DescribeAccessEntry", **_principal(state))["accessEntry"].get("tags", {})
        },
        changes={
            "tags": lambda aws, key, old, new: _retag(aws, key, {**old, "arn": old["accessEntryArn"]}, new)
        },
        remove=lambda aws, _, state: aws("eks", "DeleteAccessEntry", **_principal(state)),
        replaces=frozenset({"clusterName", "principalArn", "type"}),
        fixed_name="principalArn",
    ),
    Kind(
        token="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        identity=lambda _, inputs: "#".join(
            inputs[key] for key in ("clusterName", "principalArn", "policyArn")
        ),
        look=_right,
        remove=lambda aws, _, state: aws(
            "eks", "DisassociateAccessPolicy", **_principal(state), policyArn=state["policyArn"]
        ),
        replaces=frozenset({"accessScope", "clusterName", "policyArn", "principalArn"}),
        fixed_name="principalArn",
    ),
    Kind(
        token="aws:eks/podIdentityAssociation:PodIdentityAssociation",
        identity=lambda answer, _: answer["association"]["associationId"],
        outputs=lambda answer, _: {
            "associationId": answer["association"]["associationId"],
            "associationArn": answer["association"]["associationArn"],
        },
        look=lambda aws, _, state: {
            "roleArn": aws("eks", "DescribePodIdentityAssociation", **_association(state))["association"][
                "roleArn"
            ]
        },
        changes={
            "roleArn": _reassociate,
            "tags": lambda aws, key, old, new: _retag(aws, key, {**old, "arn": old["associationArn"]}, new),
        },
        remove=lambda aws, _, state: aws("eks", "DeletePodIdentityAssociation", **_association(state)),
        replaces=frozenset({"clusterName", "namespace", "serviceAccount"}),
        fixed_name="serviceAccount",
    ),
)


# Tags of the Auto Scaling groups that EKS makes.


def _tag_of(state: State) -> dict[str, str]:
    return {
        "ResourceType": "auto-scaling-group",
        "ResourceId": state["autoscalingGroupName"],
        "Key": state["tag"]["key"],
    }


def _tag(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    groups = aws(
        "autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[state["autoscalingGroupName"]]
    )
    rows = [row for group in groups["AutoScalingGroups"] for row in group["Tags"]]
    found = [row for row in rows if row["Key"] == state["tag"]["key"]]
    return {"tag": {**state["tag"], "value": found[0]["Value"]}} if found else None


def _retag_group(aws: Calls, key: str, old: State, new: State) -> None:
    operation = OPERATIONS["aws:autoscaling/tag:Tag"]
    aws(operation.service, operation.name, **operation.request(new))


AUTOSCALING = (
    Kind(
        token="aws:autoscaling/tag:Tag",
        identity=lambda _, inputs: f"{inputs['autoscalingGroupName']},{inputs['tag']['key']}",
        look=_tag,
        changes={"tag": _retag_group},
        remove=lambda aws, _, state: aws("autoscaling", "DeleteTags", Tags=[_tag_of(state)]),
        replaces=frozenset({"autoscalingGroupName"}),
    ),
)
