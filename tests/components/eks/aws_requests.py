"""Inputs of Pulumi's AWS provider to the requests that it makes of them.

A double: the provider itself cannot be had here. The table says, for each type that this project uses, which
operation makes it and how its inputs are called there; it was written from the provider's documentation of
each type and AWS's of each operation. A type that is not in it fails its test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Inputs = Mapping[str, Any]
Request = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """The operation that makes a resource.

    Attributes:
        service: As botocore calls it.
        name: Of the operation.
        request: Inputs to request.
    """

    service: str
    name: str
    request: Callable[[Inputs], Request]


def _pascal(value: Any) -> Any:
    """camelCase keys to PascalCase, all the way down; tags are text and stay."""
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: _pascal(inner) for key, inner in value.items()}
    return [_pascal(inner) for inner in value] if isinstance(value, list) else value


def _listed(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in tags.items()]


def _without(inputs: Inputs, *names: str) -> Request:
    return {key: value for key, value in inputs.items() if key not in names and value is not None}


def _renamed(inputs: Inputs, names: Mapping[str, str]) -> Request:
    return {names.get(key, key): value for key, value in inputs.items()}


def _ec2(kind: str) -> Callable[[Inputs], Request]:
    def request(inputs: Inputs) -> Request:
        made = _pascal(_without(inputs, "tags"))
        if "tags" in inputs:
            made["TagSpecifications"] = [{"ResourceType": kind, "Tags": _listed(inputs["tags"])}]
        return dict(made)

    return request


def _vpc(inputs: Inputs) -> Request:
    # Names are switched on by ModifyVpcAttribute afterwards.
    return _ec2("vpc")(_without(inputs, "enableDnsHostnames", "enableDnsSupport"))


def _subnet(inputs: Inputs) -> Request:
    return _ec2("subnet")(_without(inputs, "mapPublicIpOnLaunch"))


def _internet_gateway(inputs: Inputs) -> Request:
    return _ec2("internet-gateway")(_without(inputs, "vpcId"))


def _security_group(inputs: Inputs) -> Request:
    return {"GroupName": "generated", **_ec2("security-group")(inputs)}


def _ingress(inputs: Inputs) -> Request:
    renamed = {"securityGroupId": "groupId", "cidrIpv4": "cidrIp"}
    return _ec2("security-group-rule")(_renamed(inputs, renamed))


def _vpc_endpoint(inputs: Inputs) -> Request:
    return _ec2("vpc-endpoint")(_renamed(inputs, {"tags": "tags"}))


def _launch_template(inputs: Inputs) -> Request:
    data = _without(inputs, "tags", "namePrefix", "updateDefaultVersion", "tagSpecifications")
    # The provider takes texts where the API takes truth values.
    truth = {"true": True, "false": False}
    data["blockDeviceMappings"] = [
        {**row, "ebs": {key: truth.get(value, value) for key, value in row["ebs"].items()}}
        for row in data["blockDeviceMappings"]
    ]
    told = _pascal(data)
    told["TagSpecifications"] = [
        {"ResourceType": row["resourceType"], "Tags": _listed(row["tags"])}
        for row in inputs["tagSpecifications"]
    ]
    made = _ec2("launch-template")({"tags": inputs["tags"]})
    return {**made, "LaunchTemplateName": inputs["namePrefix"] + "0" * 26, "LaunchTemplateData": told}


def _cluster(inputs: Inputs) -> Request:
    made = _without(inputs, "enabledClusterLogTypes", "vpcConfig", "encryptionConfig")
    made["resourcesVpcConfig"] = inputs["vpcConfig"]
    if "encryptionConfig" in inputs:
        made["encryptionConfig"] = [inputs["encryptionConfig"]]
    made["logging"] = {"clusterLogging": [{"types": inputs["enabledClusterLogTypes"], "enabled": True}]}
    return made


def _node_group(inputs: Inputs) -> Request:
    names = {
        "nodeGroupNamePrefix": "nodegroupName",
        "nodeRoleArn": "nodeRole",
        "subnetIds": "subnets",
    }
    made = _renamed(inputs, names)
    made["nodegroupName"] += "0" * 26
    return made


def _addon(inputs: Inputs) -> Request:
    return _renamed(
        _without(inputs, "resolveConflictsOnUpdate"), {"resolveConflictsOnCreate": "resolveConflicts"}
    )


def _access_entry(inputs: Inputs) -> Request:
    return _renamed(inputs, {"userName": "username"})


def _role(inputs: Inputs) -> Request:
    made = _renamed(
        _without(inputs, "tags", "forceDetachPolicies"),
        {"name": "roleName", "assumeRolePolicy": "assumeRolePolicyDocument"},
    )
    return {**_pascal(made), "Tags": _listed(inputs["tags"])}


def _attachment(inputs: Inputs) -> Request:
    return {"RoleName": inputs["role"], "PolicyArn": inputs["policyArn"]}


def _role_policy(inputs: Inputs) -> Request:
    return {"RoleName": inputs["role"], "PolicyName": inputs["name"], "PolicyDocument": inputs["policy"]}


def _oidc(inputs: Inputs) -> Request:
    return {"Url": inputs["url"], "ClientIDList": inputs["clientIdLists"], "Tags": _listed(inputs["tags"])}


def _key(inputs: Inputs) -> Request:
    return {
        "Description": inputs["description"],
        "Policy": inputs["policy"],
        "Tags": _listed(inputs["tags"], "TagKey", "TagValue"),
    }


def _alias(inputs: Inputs) -> Request:
    return {"AliasName": inputs["name"], "TargetKeyId": inputs["targetKeyId"]}


def _log_group(inputs: Inputs) -> Request:
    # What has no flag of its own in the request is asked for by PutRetentionPolicy.
    made = _without(inputs, "retentionInDays", "skipDestroy")
    return _renamed(made, {"name": "logGroupName"})


def _bucket(inputs: Inputs) -> Request:
    return {"Bucket": inputs["bucket"]}


def _public_access(inputs: Inputs) -> Request:
    return {
        "Bucket": inputs["bucket"],
        "PublicAccessBlockConfiguration": _pascal(_without(inputs, "bucket", "skipDestroy")),
    }


def _versioning(inputs: Inputs) -> Request:
    wanted = _pascal(inputs["versioningConfiguration"])
    return {"Bucket": inputs["bucket"], "VersioningConfiguration": wanted}


def _bucket_encryption(inputs: Inputs) -> Request:
    rules = []
    for rule in inputs["rules"]:
        default = rule["applyServerSideEncryptionByDefault"]
        names = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}
        rules.append(
            {
                "BucketKeyEnabled": rule["bucketKeyEnabled"],
                "ApplyServerSideEncryptionByDefault": _renamed(default, names),
            }
        )
    return {"Bucket": inputs["bucket"], "ServerSideEncryptionConfiguration": {"Rules": rules}}


def _lifecycle(inputs: Inputs) -> Request:
    rules = [_renamed(_pascal(rule), {"Id": "ID"}) for rule in inputs["rules"]]
    return {"Bucket": inputs["bucket"], "LifecycleConfiguration": {"Rules": rules}}


def _scaling_tag(inputs: Inputs) -> Request:
    group = {"ResourceType": "auto-scaling-group", "ResourceId": inputs["autoscalingGroupName"]}
    return {"Tags": [{**group, **_pascal(inputs["tag"])}]}


def _queue(inputs: Inputs) -> Request:
    told = {
        "MessageRetentionPeriod": str(inputs["messageRetentionSeconds"]),
        "SqsManagedSseEnabled": str(inputs["sqsManagedSseEnabled"]).lower(),
    }
    return {"QueueName": inputs["name"], "Attributes": told, "tags": dict(inputs["tags"])}


def _queue_policy(inputs: Inputs) -> Request:
    return {"QueueUrl": inputs["queueUrl"], "Attributes": {"Policy": inputs["policy"]}}


def _event_rule(inputs: Inputs) -> Request:
    return {**_pascal(_without(inputs, "tags")), "Tags": _listed(inputs["tags"])}


def _event_target(inputs: Inputs) -> Request:
    return {"Rule": inputs["rule"], "Targets": [{"Id": inputs["targetId"], "Arn": inputs["arn"]}]}


def _instance_profile(inputs: Inputs) -> Request:
    # Its role is put in afterwards, by AddRoleToInstanceProfile.
    return {"InstanceProfileName": inputs["name"], "Tags": _listed(inputs["tags"])}


OPERATIONS: Mapping[str, Operation] = {
    "aws:cloudwatch/eventRule:EventRule": Operation("events", "PutRule", _event_rule),
    "aws:cloudwatch/eventTarget:EventTarget": Operation("events", "PutTargets", _event_target),
    "aws:iam/instanceProfile:InstanceProfile": Operation("iam", "CreateInstanceProfile", _instance_profile),
    "aws:sqs/queue:Queue": Operation("sqs", "CreateQueue", _queue),
    "aws:sqs/queuePolicy:QueuePolicy": Operation("sqs", "SetQueueAttributes", _queue_policy),
    "aws:autoscaling/tag:Tag": Operation("autoscaling", "CreateOrUpdateTags", _scaling_tag),
    "aws:cloudwatch/logGroup:LogGroup": Operation("logs", "CreateLogGroup", _log_group),
    "aws:ec2/eip:Eip": Operation("ec2", "AllocateAddress", _ec2("elastic-ip")),
    "aws:ec2/internetGateway:InternetGateway": Operation("ec2", "CreateInternetGateway", _internet_gateway),
    "aws:ec2/launchTemplate:LaunchTemplate": Operation("ec2", "CreateLaunchTemplate", _launch_template),
    "aws:ec2/natGateway:NatGateway": Operation("ec2", "CreateNatGateway", _ec2("natgateway")),
    "aws:ec2/route:Route": Operation("ec2", "CreateRoute", _ec2("")),
    "aws:ec2/routeTable:RouteTable": Operation("ec2", "CreateRouteTable", _ec2("route-table")),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Operation("ec2", "AssociateRouteTable", _ec2("")),
    "aws:ec2/securityGroup:SecurityGroup": Operation("ec2", "CreateSecurityGroup", _security_group),
    "aws:ec2/subnet:Subnet": Operation("ec2", "CreateSubnet", _subnet),
    "aws:ec2/vpc:Vpc": Operation("ec2", "CreateVpc", _vpc),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Operation("ec2", "CreateVpcEndpoint", _vpc_endpoint),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Operation(
        "ec2", "AuthorizeSecurityGroupIngress", _ingress
    ),
    "aws:eks/accessEntry:AccessEntry": Operation("eks", "CreateAccessEntry", _access_entry),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Operation(
        "eks", "AssociateAccessPolicy", dict
    ),
    "aws:eks/addon:Addon": Operation("eks", "CreateAddon", _addon),
    "aws:eks/cluster:Cluster": Operation("eks", "CreateCluster", _cluster),
    "aws:eks/nodeGroup:NodeGroup": Operation("eks", "CreateNodegroup", _node_group),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Operation(
        "eks", "CreatePodIdentityAssociation", dict
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Operation(
        "iam", "CreateOpenIDConnectProvider", _oidc
    ),
    "aws:iam/role:Role": Operation("iam", "CreateRole", _role),
    "aws:iam/rolePolicy:RolePolicy": Operation("iam", "PutRolePolicy", _role_policy),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Operation("iam", "AttachRolePolicy", _attachment),
    "aws:kms/alias:Alias": Operation("kms", "CreateAlias", _alias),
    "aws:kms/key:Key": Operation("kms", "CreateKey", _key),
    "aws:s3/bucket:Bucket": Operation("s3", "CreateBucket", _bucket),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Operation(
        "s3", "PutBucketLifecycleConfiguration", _lifecycle
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Operation("s3", "PutBucketPolicy", _pascal),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Operation(
        "s3", "PutPublicAccessBlock", _public_access
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Operation(
        "s3", "PutBucketEncryption", _bucket_encryption
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Operation("s3", "PutBucketVersioning", _versioning),
}
"""The operation of each type."""
