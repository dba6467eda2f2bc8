"""Who may do what: roles and their policies, keys; and logs, which are as small."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.aws.kinds.base import Calls, Kind, Made, State, listed, mapped, retagged


def _role(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    found = aws("iam", "GetRole", RoleName=key)["Role"]
    return {"tags": mapped(found.get("Tags", [])), "arn": found["Arn"]}


def _retag_role(aws: Calls, key: str, old: State, new: State) -> None:
    put, gone = retagged(old, new)
    if put:
        aws("iam", "TagRole", RoleName=key, Tags=listed(put))
    if gone:
        aws("iam", "UntagRole", RoleName=key, TagKeys=gone)


def _retrust(aws: Calls, key: str, old: State, new: State) -> None:
    aws("iam", "UpdateAssumeRolePolicy", RoleName=key, PolicyDocument=new["assumeRolePolicy"])


def _attachment(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    attached = aws("iam", "ListAttachedRolePolicies", RoleName=state["role"])["AttachedPolicies"]
    return {} if state["policyArn"] in {each["PolicyArn"] for each in attached} else None


def _written(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    found = aws("iam", "GetRolePolicy", RoleName=state["role"], PolicyName=state["name"])["PolicyDocument"]
    # The same statements in another order of keys are the same policy.
    same = found == json.loads(state["policy"])
    return {"policy": state["policy"] if same else json.dumps(found, sort_keys=True)}


def _rewrite(aws: Calls, key: str, old: State, new: State) -> None:
    aws("iam", "PutRolePolicy", RoleName=new["role"], PolicyName=new["name"], PolicyDocument=new["policy"])


def _retag_issuer(aws: Calls, key: str, old: State, new: State) -> None:
    aws("iam", "TagOpenIDConnectProvider", OpenIDConnectProviderArn=key, Tags=listed(new["tags"]))


IAM = (
    Kind(
        token="aws:iam/role:Role",
        identity=lambda answer, _: answer["Role"]["RoleName"],
        outputs=lambda answer, _: {"arn": answer["Role"]["Arn"], "uniqueId": answer["Role"]["RoleId"]},
        look=_role,
        changes={"assumeRolePolicy": _retrust, "tags": _retag_role},
        remove=lambda aws, key, _: aws("iam", "DeleteRole", RoleName=key),
        replaces=frozenset({"name", "namePrefix", "path"}),
        fixed_name="name",
    ),
    Kind(
        token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        identity=lambda _, inputs: f"{inputs['role']}/{inputs['policyArn']}",
        look=_attachment,
        remove=lambda aws, _, state: aws(
            "iam", "DetachRolePolicy", RoleName=state["role"], PolicyArn=state["policyArn"]
        ),
        replaces=frozenset({"policyArn", "role"}),
    ),
    Kind(
        token="aws:iam/rolePolicy:RolePolicy",
        identity=lambda _, inputs: f"{inputs['role']}:{inputs['name']}",
        look=_written,
        changes={"policy": _rewrite},
        remove=lambda aws, _, state: aws(
            "iam", "DeleteRolePolicy", RoleName=state["role"], PolicyName=state["name"]
        ),
        replaces=frozenset({"name", "namePrefix", "role"}),
    ),
    Kind(
        token="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        identity=lambda answer, _: answer["OpenIDConnectProviderArn"],
        outputs=lambda answer, _: {"arn": answer["OpenIDConnectProviderArn"]},
        look=lambda aws, key, _: {
            "tags": mapped(aws("iam", "GetOpenIDConnectProvider", OpenIDConnectProviderArn=key)["Tags"])
        },
        changes={"tags": _retag_issuer},
        remove=lambda aws, key, _: aws("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=key),
        replaces=frozenset({"url"}),
    ),
)


def _rotate(aws: Calls, made: Made, inputs: State) -> None:
    aws("kms", "EnableKeyRotation", KeyId=made.id, RotationPeriodInDays=inputs["rotationPeriodInDays"])


def _key(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    found = aws("kms", "DescribeKey", KeyId=key)["KeyMetadata"]
    if found["KeyState"] == "PendingDeletion":
        return None
    rotation = aws("kms", "GetKeyRotationStatus", KeyId=key)
    return {"enableKeyRotation": rotation["KeyRotationEnabled"]}


def _retag_key(aws: Calls, key: str, old: State, new: State) -> None:
    put, gone = retagged(old, new)
    if put:
        aws("kms", "TagResource", KeyId=key, Tags=listed(put, "TagKey", "TagValue"))
    if gone:
        aws("kms", "UntagResource", KeyId=key, TagKeys=gone)


def _alias(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    names = {each["AliasName"] for each in aws("kms", "ListAliases", KeyId=state["targetKeyId"])["Aliases"]}
    return {} if key in names else None


KMS = (
    Kind(
        token="aws:kms/key:Key",
        identity=lambda answer, _: answer["KeyMetadata"]["KeyId"],
        outputs=lambda answer, _: {
            "arn": answer["KeyMetadata"]["Arn"],
            "keyId": answer["KeyMetadata"]["KeyId"],
        },
        more=_rotate,
        look=_key,
        changes={
            "tags": _retag_key,
            "enableKeyRotation": lambda aws, key, _, new: _rotate(aws, Made(key, {}), new),
        },
        remove=lambda aws, key, state: aws(
            "kms", "ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=state["deletionWindowInDays"]
        ),
    ),
    Kind(
        token="aws:kms/alias:Alias",
        identity=lambda _, inputs: inputs["name"],
        look=_alias,
        remove=lambda aws, key, _: aws("kms", "DeleteAlias", AliasName=key),
        replaces=frozenset({"name", "namePrefix"}),
        fixed_name="name",
    ),
)


def _keep(aws: Calls, made: Made, inputs: State) -> None:
    aws("logs", "PutRetentionPolicy", logGroupName=made.id, retentionInDays=inputs["retentionInDays"])


def _keep_and_name(aws: Calls, made: Made, inputs: State) -> None:
    _keep(aws, made, inputs)
    groups = aws("logs", "DescribeLogGroups", logGroupNamePrefix=made.id)["logGroups"]
    # DescribeLogGroups tells the ARN of a group's streams; what tags are set on ends before them.
    (made.outputs["arn"],) = (
        group["arn"].removesuffix(":*") for group in groups if group["logGroupName"] == made.id
    )


def _log_group(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    groups = aws("logs", "DescribeLogGroups", logGroupNamePrefix=key)["logGroups"]
    found = [group for group in groups if group["logGroupName"] == key]
    return {"retentionInDays": found[0].get("retentionInDays")} if found else None


def _retag_logs(aws: Calls, key: str, old: State, new: State) -> None:
    put, gone = retagged(old, new)
    if put:
        aws("logs", "TagResource", resourceArn=old["arn"], tags=put)
    if gone:
        aws("logs", "UntagResource", resourceArn=old["arn"], tagKeys=gone)


LOGS = (
    Kind(
        token="aws:cloudwatch/logGroup:LogGroup",
        identity=lambda _, inputs: inputs["name"],
        more=_keep_and_name,
        look=_log_group,
        changes={
            "retentionInDays": lambda aws, key, _, new: _keep(aws, Made(key, {}), new),
            "tags": _retag_logs,
        },
        remove=lambda aws, key, _: aws("logs", "DeleteLogGroup", logGroupName=key),
        replaces=frozenset({"name", "namePrefix"}),
        fixed_name="name",
    ),
)
