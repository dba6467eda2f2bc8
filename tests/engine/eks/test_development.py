"""Level 4: the life of the AWS side of eks-dev on the real engine, against a double of AWS's provider.

One stack lives through all of it, step by step (each fixture is a step and keeps what was seen); it begins
one minor version of Kubernetes earlier than its stack file, so that it can be upgraded. What it proves: the
program under the engine's own order, side by side and at its end; what is updated in place, replaced and left
alone; that what failed or drifted comes back; that EKS's and EC2's own refusals (machines that cannot join,
networks that something hangs on, versions that skip) never come. tests/aws/plugin/provider.py says what it
cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.api import Api
from tests.aws.server.process import AwsDouble
from tests.engine.eks.stack import Previewed, Ran, Stack, make_stack

pytestmark = pytest.mark.engine

BEFORE, AFTER = "1.34", "1.35"
CLUSTER = "kserve-platform-eks-dev"
BUSY = {"status": 429, "code": "TooManyRequestsException", "message": "Too many requests."}
THROTTLED = {"status": 503, "code": "RequestLimitExceeded", "message": "Request limit exceeded."}
NOT_YET = {
    "code": "InvalidParameterException",
    "message": "Role with arn: machines, could not be assumed because it does not exist",
}


@pytest.fixture(scope="module")
def stack(aws: AwsDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = make_stack(tmp_path_factory.mktemp("eks-dev"), "eks-dev", aws, search_path)
    made.settings(kubernetesVersion=BEFORE)
    return made


@dataclass(frozen=True)
class Made:
    """A first `up` with the faults of an ordinary day, the state after it and a preview of no change."""

    ran: Ran
    resources: list[dict[str, Any]]
    again: Ran


@pytest.fixture(scope="module")
def made(stack: Stack, previewed: Previewed, aws: AwsDouble) -> Made:
    aws.faults(
        {"operation": "CreateSubnet", "times": 3, **THROTTLED},
        {"operation": "CreateAddon", "times": 2, **BUSY},
        {"operation": "CreateNodegroup", "resource": "gpu", "times": 2, **NOT_YET},
    )
    ran = stack.up()
    return Made(ran, stack.resources(), stack.pulumi("preview", "--expect-no-changes"))


@pytest.fixture(scope="module")
def upgraded(stack: Stack, made: Made) -> Ran:
    """The next version of Kubernetes, and another tag on everything."""
    tags = {**stack.config["kserve-platform:cluster"]["tags"], "cost-centre": "serving"}
    stack.settings(kubernetesVersion=AFTER, tags=tags)
    return stack.up()


@dataclass(frozen=True)
class Drifted:
    """What a refresh and an `up` did after others had changed things."""

    refresh: Ran
    up: Ran
    machines: int


@pytest.fixture(scope="module")
def drifted(stack: Stack, upgraded: Ran, api: Api) -> Drifted:
    # By kind and name: a group and its template share theirs.
    known = {tuple(each["urn"].rsplit(":", 4)[-3::2]): each for each in stack.resources()}
    gpu = {"clusterName": CLUSTER, "nodegroupName": known["NodeGroup", "gpu"]["outputs"]["nodeGroupName"]}
    # The autoscaler's work, and three accidents.
    api("eks", "UpdateNodegroupConfig", **gpu, scalingConfig={"minSize": 0, "maxSize": 2, "desiredSize": 2})
    api("eks", "UpdateNodegroupConfig", **gpu, labels={"removeLabels": ["kserve-platform/pool"]})
    api("ec2", "DeleteTags", Resources=[known["Vpc", "vpc"]["id"]], Tags=[{"Key": "owner"}])
    table = known["Route", "private-us-west-2a-internet"]["outputs"]["routeTableId"]
    api("ec2", "DeleteRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    refresh, up = stack.pulumi("refresh", "--yes", "--skip-preview"), stack.up()
    found = api("eks", "DescribeNodegroup", **gpu)["nodegroup"]
    return Drifted(refresh, up, found["scalingConfig"]["desiredSize"])


@pytest.fixture(scope="module")
def replaced(stack: Stack, drifted: Drifted) -> Ran:
    """Another operating system for the GPU machines."""
    groups = stack.config["kserve-platform:cluster"]["nodeGroups"]
    stack.settings(nodeGroups={**groups, "gpu": {**groups["gpu"], "ami": "bottlerocket"}})
    return stack.up()


@dataclass(frozen=True)
class Gone:
    """A destroy while a load balancer was left in the network, one without, and what the account has then."""

    stuck: Ran
    ran: Ran
    account: set[str]


@pytest.fixture(scope="module")
def gone(stack: Stack, replaced: Ran, api: Api, aws: AwsDouble) -> Gone:
    subnets = [each for each in stack.resources() if each["type"] == "aws:ec2/subnet:Subnet"]
    (subnet,) = (each["id"] for each in subnets if each["urn"].endswith("::public-us-west-2b"))
    left = api("ec2", "CreateNetworkInterface", SubnetId=subnet, Description="ELB net/left-behind")
    stuck = stack.destroy()
    api("ec2", "DeleteNetworkInterface", NetworkInterfaceId=left["NetworkInterface"]["NetworkInterfaceId"])
    return Gone(stuck, stack.destroy(), aws.inventory())


def test_a_preview_makes_nothing(previewed: Previewed, made: Made) -> None:
    assert previewed.ran.status == 0, previewed.ran.output
    assert {call["operation"] for call in previewed.ran.calls} == {"GetCallerIdentity"}


def test_an_up_makes_what_the_preview_told(previewed: Previewed, made: Made) -> None:
    assert made.ran.status == 0, made.ran.output
    assert made.ran.counts() == previewed.ran.counts()
    assert len(made.resources) > 55


def test_a_second_preview_has_nothing_to_do(made: Made) -> None:
    assert made.again.status == 0, made.again.output
    assert list(made.again.counts()) == ["unchanged"]


def test_throttling_and_a_role_that_is_not_known_yet_only_cost_time(made: Made) -> None:
    refused = [(call["operation"], call["status"]) for call in made.ran.calls if call["status"] >= 400]

    assert sorted(refused) == [
        *[("CreateAddon", 429)] * 2,
        *[("CreateNodegroup", 400)] * 2,
        *[("CreateSubnet", 503)] * 3,
    ]


def test_machines_start_after_the_addons_that_let_them_join(made: Made) -> None:
    changes = made.ran.changes()
    first = min(changes.index(f"CreateNodegroup {group}") for group in ("system", "gpu"))
    addons = {change.split()[1] for change in changes[:first] if change.startswith("CreateAddon ")}

    # That they joined is EKS's word: the double fails a group whose machines could not.
    assert addons == {"eks-pod-identity-agent", "kube-proxy", "vpc-cni"}


def test_an_upgrade_replaces_nothing(upgraded: Ran) -> None:
    assert upgraded.status == 0, upgraded.output
    assert set(upgraded.counts()) == {"updat", "unchanged"}


def test_machines_are_upgraded_after_their_control_plane_and_once(upgraded: Ran) -> None:
    changes = upgraded.changes()

    assert changes.count("UpdateClusterVersion cluster") == 1
    assert sorted(upgraded.did("UpdateNodegroupVersion")) == ["gpu", "system"]
    assert changes.index("UpdateClusterVersion cluster") < min(
        changes.index(f"UpdateNodegroupVersion {group}") for group in ("gpu", "system")
    )


def test_a_tag_reaches_everything_that_has_tags(upgraded: Ran, made: Made) -> None:
    tagged = {each["urn"] for each in made.resources if "tags" in each["inputs"]}

    assert len(tagged) > 30
    assert upgraded.counts()["updat"] >= len(tagged)


def test_a_refresh_sees_what_others_changed(drifted: Drifted) -> None:
    assert drifted.refresh.status == 0, drifted.refresh.output
    assert drifted.refresh.changes() == []
    # The group (its machines and its label), the VPC's tag; the route is gone.
    assert {word: drifted.refresh.counts().get(word) for word in ("updat", "delet")} == {
        "updat": 2,
        "delet": 1,
    }


def test_an_up_puts_accidents_right_and_leaves_the_autoscaler_its_machines(drifted: Drifted) -> None:
    assert drifted.up.status == 0, drifted.up.output
    assert sorted(drifted.up.changes()) == [
        "CreateRoute private-us-west-2a-internet",
        "CreateTags vpc",
        "UpdateNodegroupConfig gpu",
    ]
    assert drifted.machines == 2


def test_a_replaced_group_stands_before_the_old_one_goes(replaced: Ran) -> None:
    assert replaced.status == 0, replaced.output
    changes = replaced.changes()
    tags = [index for index, change in enumerate(changes) if change.startswith("CreateOrUpdateTags gpu/")]

    assert changes.count("CreateNodegroup gpu") == changes.count("DeleteNodegroup gpu") == 1
    assert changes.index("CreateNodegroup gpu") < min(tags)
    assert max(tags) < changes.index("DeleteNodegroup gpu")
    assert "DeleteNodegroup system" not in changes


def test_a_network_that_something_hangs_on_does_not_go_and_says_what(gone: Gone) -> None:
    assert gone.stuck.status != 0
    assert "(DependencyViolation) when calling the DeleteSubnet operation" in gone.stuck.output
    assert "has dependencies and cannot be deleted. (ELB net/left-behind)" in gone.stuck.output
    assert gone.stuck.did("DeleteVpc") == []


def test_destroy_goes_on_where_it_stopped_and_leaves_nothing(gone: Gone, previewed: Previewed) -> None:
    assert gone.ran.status == 0, gone.ran.output
    assert gone.ran.did("DeleteVpc") == ["vpc"]
    assert gone.account == previewed.account


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("DeleteAddon coredns", "DeleteNodegroup system"),
        ("DeleteNodegroup gpu", "DeleteCluster cluster"),
        ("DeleteNodegroup system", "DeleteAddon vpc-cni"),
        ("DeleteNodegroup system", "DeleteRoute private-us-west-2b-internet"),
        ("DeleteNodegroup system", "DetachRolePolicy machines-AmazonEKSWorkerNodePolicy"),
        ("DisassociateAccessPolicy Deployer", "DeleteAccessEntry Deployer"),
        ("DeleteAccessEntry Deployer", "DeleteCluster cluster"),
        ("DeleteCluster cluster", "DetachRolePolicy control-plane-AmazonEKSClusterPolicy"),
        ("DeleteCluster cluster", "DeleteLogGroup control-plane"),
        ("DeleteCluster cluster", "DeleteSubnet private-us-west-2a"),
        ("DeleteNatGateway nat-us-west-2a", "ReleaseAddress nat-us-west-2a"),
        ("DeleteNatGateway nat-us-west-2a", "DetachInternetGateway internet"),
        ("DetachInternetGateway internet", "DeleteVpc vpc"),
        ("DeleteSubnet public-us-west-2c", "DeleteVpc vpc"),
    ],
)
def test_destroy_goes_in_an_order_that_aws_takes(first: str, then: str, gone: Gone) -> None:
    changes = [*gone.stuck.changes(), *gone.ran.changes()]

    assert changes.index(first) < changes.index(then)


def test_nothing_was_asked_of_the_double_that_it_could_not_answer(
    previewed: Previewed, made: Made, upgraded: Ran, drifted: Drifted, replaced: Ran, gone: Gone
) -> None:
    runs = (previewed.ran, made.ran, made.again, upgraded, drifted.refresh, drifted.up, replaced, gone.ran)

    assert [
        call for ran in runs for call in ran.calls if call["status"] >= 500 and call["status"] != 503
    ] == []
    assert not any("defect" in ran.output for ran in runs)


def test_a_cluster_that_is_gone_is_gone(gone: Gone, api: Api) -> None:
    with pytest.raises(ClientError, match="No cluster found for name: kserve-platform-eks-dev"):
        api("eks", "DescribeCluster", name=CLUSTER)
