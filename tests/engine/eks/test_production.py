"""Levels 4 and 5: the life of the AWS side of eks-prod on the real engine, with the policy pack on.

One stack lives through all of it, step by step. AWS is the double of level 4; the engine asks the pack in
each preview and each `up`, as `python -m command` has it asked. What it proves: a first `up` that fails
half-way is gone on with, and nothing is made twice; what is protected stays, in Pulumi and in AWS; the pack
lets the stack pass, and does not let its protection go; models and keys are never taken along by a destroy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from command.engine.places import Places
from command.engine.policies import write_pack
from machine.cache import Cache
from tests.aws.api import Api
from tests.aws.server.process import AwsDouble
from tests.engine.eks.stack import ROOT, Previewed, Ran, Stack, make_stack

pytestmark = pytest.mark.engine

CLUSTER = "kserve-platform-eks-prod"
BUCKET = "example-org-kserve-models"
LIMIT = {
    "operation": "CreateNodegroup",
    "resource": "gpu",
    "code": "ResourceLimitExceededException",
    "message": "Cannot exceed quota for vCPUs of G and VT instances",
}
DENIED = {
    "operation": "DescribeNodegroup",
    "resource": "gpu",
    "status": 403,
    "code": "AccessDeniedException",
    "message": "User is not authorized to perform: eks:DescribeNodegroup",
}
# Made by one call each, which must not be made twice.
ONCE = ("CreateBucket", "CreateCluster", "CreateKey", "CreateNatGateway", "CreateNodegroup", "CreateVpc")


@pytest.fixture(scope="module")
def stack(aws: AwsDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("eks-prod")
    pack = write_pack(Places(Cache(folder / "cache"), "eks-prod"), ROOT / "policies")
    made = make_stack(folder, "eks-prod", aws, f"{pack.programs}:{search_path}")
    made.variables |= pack.variables
    return made


@dataclass(frozen=True)
class Failed:
    """An `up` that a quota ended, and one that made a group and could not see it get ready."""

    quota: Ran
    half: Ran


@pytest.fixture(scope="module")
def failed(stack: Stack, previewed: Previewed, aws: AwsDouble) -> Failed:
    aws.faults(LIMIT)
    quota = stack.up()
    aws.faults(DENIED)
    return Failed(quota, stack.up())


@dataclass(frozen=True)
class Made:
    """The `up` after it, the state, and what AWS says of the cluster."""

    ran: Ran
    resources: list[dict[str, Any]]
    cluster: dict[str, Any]


@pytest.fixture(scope="module")
def made(stack: Stack, failed: Failed, api: Api) -> Made:
    ran = stack.up()
    return Made(ran, stack.resources(), api("eks", "DescribeCluster", name=CLUSTER)["cluster"])


@dataclass(frozen=True)
class Guarded:
    """Ways to take production away that do not work."""

    destroy: Ran
    pack: Ran
    deletion: str


@pytest.fixture(scope="module")
def guarded(stack: Stack, made: Made, api: Api) -> Guarded:
    # With its preview, which is what refuses; `down` refuses by itself (command/engine/protected.py).
    destroy = stack.pulumi("destroy", "--yes")
    with pytest.raises(ClientError) as refused:
        api("eks", "DeleteCluster", name=CLUSTER)
    stack.settings(deletionProtection=False)
    return Guarded(destroy, stack.up(), str(refused.value))


@dataclass(frozen=True)
class Gone:
    """A destroy while a model was in the bucket, one without, and what the account has then."""

    unprotected: Ran
    stuck: Ran
    ran: Ran
    account: set[str]


@pytest.fixture(scope="module")
def gone(stack: Stack, guarded: Guarded, api: Api, aws: AwsDouble) -> Gone:
    del stack.variables["PULUMI_OPTION_POLICY_PACK"]
    unprotected = stack.up()
    # Moto knows no TLS and takes the policy that asks for it as a refusal of everything.
    api("s3", "DeleteBucketPolicy", Bucket=BUCKET)
    version = api("s3", "PutObject", Bucket=BUCKET, Key="mnist.mar", Body=b"a model")["VersionId"]
    stuck = stack.destroy()
    api("s3", "DeleteObject", Bucket=BUCKET, Key="mnist.mar", VersionId=version)
    return Gone(unprotected, stuck, stack.destroy(), aws.inventory())


def test_production_passes_the_pack_before_anything_is_there(previewed: Previewed) -> None:
    assert previewed.ran.status == 0, previewed.ran.output
    assert "kserve-platform" in previewed.ran.output.partition("Policies:")[2]
    assert "[mandatory]" not in previewed.ran.output


def test_a_quota_ends_an_up_and_says_which(failed: Failed) -> None:
    assert failed.quota.status != 0
    assert "Cannot exceed quota for vCPUs of G and VT instances" in failed.quota.output
    assert failed.quota.did("CreateCluster") == ["cluster"]
    assert "gpu" not in failed.quota.did("CreateNodegroup")


def test_a_group_that_was_half_made_is_told_and_kept(failed: Failed) -> None:
    assert failed.half.status != 0
    assert "User is not authorized to perform: eks:DescribeNodegroup" in failed.half.output
    assert "gpu" in failed.half.did("CreateNodegroup")


def test_the_next_up_makes_the_rest(made: Made, previewed: Previewed) -> None:
    assert made.ran.status == 0, made.ran.output
    assert len(made.resources) > 90
    assert made.ran.counts()["creat"] < previewed.ran.counts()["creat"]


@pytest.mark.parametrize("operation", ONCE)
def test_nothing_is_made_twice(operation: str, made: Made, failed: Failed) -> None:
    kinds = {
        "CreateBucket": "aws:s3/bucket:Bucket",
        "CreateCluster": "aws:eks/cluster:Cluster",
        "CreateKey": "aws:kms/key:Key",
        "CreateNatGateway": "aws:ec2/natGateway:NatGateway",
        "CreateNodegroup": "aws:eks/nodeGroup:NodeGroup",
        "CreateVpc": "aws:ec2/vpc:Vpc",
    }
    wanted = Counter(each["type"] for each in made.resources)[kinds[operation]]

    did = [name for ran in (failed.quota, failed.half, made.ran) for name in ran.did(operation)]
    assert (len(did), len(set(did))) == (wanted, wanted)


def test_what_was_half_made_is_finished(made: Made) -> None:
    (gpu,) = (each for each in made.resources if each["urn"].endswith("eks/nodeGroup:NodeGroup::gpu"))

    assert gpu["outputs"]["status"] == "ACTIVE"
    assert gpu.get("initErrors", []) == []


def test_production_passes_the_pack_when_everything_is_known(made: Made) -> None:
    assert "kserve-platform" in made.ran.output.partition("Policies:")[2]
    assert "[mandatory]" not in made.ran.output


def test_aws_has_the_cluster_that_the_settings_ask_for(made: Made) -> None:
    kept = [row["types"] for row in made.cluster["logging"]["clusterLogging"] if row["enabled"]]

    assert made.cluster["deletionProtection"] is True
    assert made.cluster["accessConfig"]["authenticationMode"] == "API"
    assert made.cluster["resourcesVpcConfig"]["endpointPublicAccess"] is False
    assert kept == [["api", "audit", "authenticator", "controllerManager", "scheduler"]]


def test_destroy_is_refused_while_production_is_protected(guarded: Guarded) -> None:
    assert guarded.destroy.status != 0
    assert "cannot be deleted" in guarded.destroy.output
    assert guarded.destroy.changes() == []


def test_aws_refuses_to_delete_the_cluster_past_pulumi(guarded: Guarded) -> None:
    assert "Cluster deletion protection is enabled" in guarded.deletion


def test_the_pack_does_not_let_the_protection_go(guarded: Guarded) -> None:
    assert guarded.pack.status != 0
    assert "[mandatory] [severity: high]  eks-deletion-protected" in guarded.pack.output
    assert guarded.pack.changes() == []


def test_a_stack_whose_protection_was_given_up_is_only_updated(gone: Gone) -> None:
    assert gone.unprotected.status == 0, gone.unprotected.output
    assert gone.unprotected.changes() == ["UpdateClusterConfig cluster"] * 2


def test_a_destroy_takes_no_model_along(gone: Gone) -> None:
    assert gone.stuck.status != 0
    assert "(BucketNotEmpty) when calling the DeleteBucket operation" in gone.stuck.output


def test_destroy_ends_and_leaves_a_key_that_can_be_had_back(gone: Gone, previewed: Previewed) -> None:
    assert gone.ran.status == 0, gone.ran.output
    assert [*gone.stuck.did("ScheduleKeyDeletion"), *gone.ran.did("ScheduleKeyDeletion")] == ["key"]
    assert gone.account == previewed.account


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("DeletePodIdentityAssociation model-reader-torchserve", "DeleteCluster cluster"),
        ("DeleteNodegroup gpu-spot", "DeleteVpcEndpoints ecr.dkr"),
        ("DeleteCluster cluster", "DeleteRolePolicy control-plane-key"),
        ("DeleteCluster cluster", "DeleteAlias key"),
        ("DeleteCluster cluster", "ScheduleKeyDeletion key"),
        ("DeleteVpcEndpoints sts", "DeleteSecurityGroup endpoints"),
        ("DeleteVpcEndpoints sts", "DeleteSubnet private-us-west-2a"),
        ("DeleteNatGateway nat-us-west-2c", "DetachInternetGateway internet"),
        ("DeleteBucketPolicy models", "DeleteBucket models"),
    ],
)
def test_destroy_goes_in_an_order_that_aws_takes(first: str, then: str, gone: Gone) -> None:
    changes = [*gone.stuck.changes(), *gone.ran.changes()]

    assert changes.index(first) < changes.index(then)
