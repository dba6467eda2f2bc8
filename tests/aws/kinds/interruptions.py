"""What Karpenter needs: a queue, rules that write to it, and the profile by which machines get their role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.aws.kinds.base import Calls, Kind, Made, State, mapped


def _queue_attributes(aws: Calls, key: str) -> Mapping[str, Any]:
    return dict(aws("sqs", "GetQueueAttributes", QueueUrl=key, AttributeNames=["All"])["Attributes"])


def _queue_arn(aws: Calls, made: Made, inputs: State) -> None:
    made.outputs["arn"] = _queue_attributes(aws, made.id)["QueueArn"]


def _queue(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    seconds = int(_queue_attributes(aws, key)["MessageRetentionPeriod"])
    return {"messageRetentionSeconds": seconds, "tags": aws("sqs", "ListQueueTags", QueueUrl=key)["Tags"]}


def _queue_policy(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    found = _queue_attributes(aws, key).get("Policy")
    if not found:
        return None
    same = json.loads(found) == json.loads(state["policy"])
    return {"policy": state["policy"] if same else found}


def _rule(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    found = aws("events", "DescribeRule", Name=key)
    tags = aws("events", "ListTagsForResource", ResourceARN=found["Arn"])["Tags"]
    return {"eventPattern": found["EventPattern"], "tags": mapped(tags)}


def _target(aws: Calls, key: str, state: State) -> Mapping[str, Any] | None:
    found = aws("events", "ListTargetsByRule", Rule=state["rule"])["Targets"]
    arns = [target["Arn"] for target in found if target["Id"] == state["targetId"]]
    return {"arn": arns[0]} if arns else None


def _join(aws: Calls, made: Made, inputs: State) -> None:
    aws("iam", "AddRoleToInstanceProfile", InstanceProfileName=made.id, RoleName=inputs["role"])


def _profile(aws: Calls, key: str, state: State) -> Mapping[str, Any]:
    found = aws("iam", "GetInstanceProfile", InstanceProfileName=key)["InstanceProfile"]
    return {"role": found["Roles"][0]["RoleName"] if found["Roles"] else None}


def _remove_profile(aws: Calls, key: str, state: State) -> None:
    aws("iam", "RemoveRoleFromInstanceProfile", InstanceProfileName=key, RoleName=state["role"])
    aws("iam", "DeleteInstanceProfile", InstanceProfileName=key)


INTERRUPTIONS = (
    Kind(
        token="aws:sqs/queue:Queue",
        identity=lambda answer, _: answer["QueueUrl"],
        outputs=lambda answer, _: {"url": answer["QueueUrl"]},
        more=_queue_arn,
        look=_queue,
        remove=lambda aws, key, _: aws("sqs", "DeleteQueue", QueueUrl=key),
        replaces=frozenset({"name", "namePrefix"}),
        fixed_name="name",
    ),
    Kind(
        token="aws:sqs/queuePolicy:QueuePolicy",
        identity=lambda _, inputs: inputs["queueUrl"],
        look=_queue_policy,
        remove=lambda aws, key, _: aws("sqs", "SetQueueAttributes", QueueUrl=key, Attributes={"Policy": ""}),
        replaces=frozenset({"queueUrl"}),
    ),
    Kind(
        token="aws:cloudwatch/eventRule:EventRule",
        identity=lambda _, inputs: inputs["name"],
        outputs=lambda answer, _: {"arn": answer["RuleArn"]},
        look=_rule,
        remove=lambda aws, key, _: aws("events", "DeleteRule", Name=key),
        replaces=frozenset({"name", "namePrefix"}),
        fixed_name="name",
    ),
    Kind(
        token="aws:cloudwatch/eventTarget:EventTarget",
        identity=lambda _, inputs: f"{inputs['rule']}/{inputs['targetId']}",
        look=_target,
        remove=lambda aws, _, state: aws(
            "events", "RemoveTargets", Rule=state["rule"], Ids=[state["targetId"]]
        ),
        replaces=frozenset({"rule", "targetId"}),
    ),
    Kind(
        token="aws:iam/instanceProfile:InstanceProfile",
        identity=lambda answer, _: answer["InstanceProfile"]["InstanceProfileName"],
        outputs=lambda answer, _: {"arn": answer["InstanceProfile"]["Arn"]},
        more=_join,
        look=_profile,
        remove=_remove_profile,
        replaces=frozenset({"name", "namePrefix"}),
        fixed_name="name",
    ),
)
