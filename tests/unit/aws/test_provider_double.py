"""The double of AWS's provider refuses what the real one would: no typo of the program passes level 4."""

from __future__ import annotations

from typing import Any

import pytest

from providers.rpc import UNKNOWN, RpcError
from providers.rpc.envelope import Message
from providers.rpc.protos import provider_pb2 as pb
from tests.aws.api import Api, WentAstray
from tests.aws.kinds.table import KINDS
from tests.aws.plugin.provider import AwsDouble
from tests.aws.sdk import inputs_class, outputs_of

# Nobody listens there: what is asked here asks nobody.
NOBODY = "http://127.0.0.1:1"
GROUP = "aws:eks/nodeGroup:NodeGroup"
INPUTS: dict[str, Any] = {
    "clusterName": "demo",
    "nodeRoleArn": "arn:aws:iam::111122223333:role/machines",
    "subnetIds": ["subnet-0123456789abcdef0"],
    "amiType": "AL2023_x86_64_NVIDIA",
    "capacityType": "ON_DEMAND",
    "nodeGroupNamePrefix": "gpu-",
    "scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": 2},
    "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}],
}


@pytest.fixture
def double() -> AwsDouble:
    return AwsDouble(NOBODY)


def _urn(token: str) -> str:
    return f"urn:pulumi:eks-dev::kserve-platform::{token}::gpu"


def _check(double: AwsDouble, token: str, inputs: dict[str, Any]) -> list[tuple[str, str]]:
    answer = double.check(Message(pb.CheckRequest(urn=_urn(token), type=token), {"news": inputs}))
    return [(each.property, each.reason) for each in answer.fields.failures]


def _diff(double: AwsDouble, token: str, old: dict[str, Any], new: dict[str, Any]) -> Any:
    request = pb.DiffRequest(urn=_urn(token), type=token, id="1")
    return double.diff(Message(request, {"old_inputs": old, "news": new})).fields


def test_good_inputs_are_taken(double: AwsDouble) -> None:
    assert _check(double, GROUP, INPUTS) == []


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"clusterName": None, "tagz": {}}, "tagz", "is none of amiType, capacityType, clusterName, "),
        ({"scalingConfig": {"minSize": 0, "maxSize": 2}}, "scalingConfig.desiredSize", "is required"),
        ({"scalingConfig": "2"}, "scalingConfig", "must be an object, is str"),
        ({"subnetIds": "subnet-0"}, "subnetIds", "must be a list, is str"),
        ({"subnetIds": [7]}, "subnetIds[0]", "must be str, is int"),
        ({"labels": {"pool": True}}, "labels.pool", "must be str, is bool"),
        ({"diskSize": True}, "diskSize", "must be int, is bool"),
        (
            {"taints": [{"key": "a", "effect": "b", "efect": "c"}]},
            "taints[0].efect",
            "is none of effect, key, value",
        ),
        ({"amiType": "AL2023_x86_64_NVIDA"}, "", "CreateNodegroup.amiType: AL2023_x86_64_NVIDA is none of "),
        (
            {"scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": 0}},
            "",
            "Invalid value for parameter scalingConfig.maxSize, value: 0, valid min value: 1",
        ),
    ],
)
def test_a_wrong_input_is_refused_in_preview(
    change: dict[str, Any], path: str, reason: str, double: AwsDouble
) -> None:
    (refused,) = _check(double, GROUP, {**INPUTS, **change})

    assert refused[0] == path
    assert refused[1].startswith(reason)


def test_a_missing_input_is_refused(double: AwsDouble) -> None:
    without = {key: value for key, value in INPUTS.items() if key != "nodeRoleArn"}

    assert _check(double, GROUP, without) == [("nodeRoleArn", "is required")]


def test_what_is_not_known_yet_is_not_judged(double: AwsDouble) -> None:
    assert _check(double, GROUP, {**INPUTS, "subnetIds": [UNKNOWN], "clusterName": UNKNOWN}) == []


def test_what_cannot_be_changed_replaces_beside_the_old_one(double: AwsDouble) -> None:
    found = _diff(double, GROUP, INPUTS, {**INPUTS, "amiType": "BOTTLEROCKET_x86_64_NVIDIA"})

    assert (list(found.diffs), list(found.replaces)) == (["amiType"], ["amiType"])
    assert not found.deleteBeforeReplace


def test_what_has_a_name_of_its_own_goes_before_it_comes_again(double: AwsDouble) -> None:
    token, old = "aws:eks/cluster:Cluster", {"name": "demo", "roleArn": "arn:a"}

    assert _diff(double, token, old, {**old, "roleArn": "arn:b"}).deleteBeforeReplace


def test_what_a_change_of_is_unknown_is_not_passed_over(double: AwsDouble) -> None:
    request = pb.UpdateRequest(urn=_urn(GROUP), type=GROUP, id="demo:gpu-1")
    structs = {"olds": INPUTS, "old_inputs": INPUTS, "news": {**INPUTS, "warmPoolConfig": {}}}

    with pytest.raises(RpcError, match="does not know how to change warmPoolConfig of aws:eks/nodeGroup"):
        double.update(Message(request, structs))


def test_a_type_that_the_double_does_not_know_is_refused(double: AwsDouble) -> None:
    token = "aws:ec2/instance:Instance"

    with pytest.raises(RpcError, match="the double of AWS's provider has no type aws:ec2/instance:Instance"):
        _diff(double, token, {}, {})


@pytest.mark.parametrize("token", sorted(KINDS))
def test_the_double_names_properties_that_the_sdk_has(token: str) -> None:
    kind = KINDS[token]
    named = {*kind.replaces, *kind.changes, *kind.within, *([kind.fixed_name] if kind.fixed_name else [])}

    assert inputs_class(token).__name__.endswith("Args")
    assert named <= outputs_of(token)
    assert set(kind.moving) <= outputs_of(token)
    assert not set(kind.replaces) & set(kind.changes)


@pytest.mark.parametrize(
    "endpoint", ["https://eks.us-west-2.amazonaws.com", "http://10.0.0.1:80", "http://localhost.example.org"]
)
def test_the_double_never_asks_aws(endpoint: str) -> None:
    with pytest.raises(WentAstray, match="the double of AWS's provider never asks AWS"):
        AwsDouble(endpoint)


def test_a_request_that_would_leave_is_stopped_before_it_is_sent() -> None:
    aws = Api("us-west-2", NOBODY)
    aws._endpoint = "https://sts.us-west-2.amazonaws.com"

    with pytest.raises(WentAstray, match=r"sts\.us-west-2\.amazonaws\.com"):
        aws("sts", "GetCallerIdentity")
