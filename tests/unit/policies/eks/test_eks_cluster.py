"""What a cluster must be, one property at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policies.rule import Resource
from policies.unknown import UNKNOWN
from tests.unit.policies.eks.asking import altered, blind, broken, told, without
from tests.unit.policies.eks.before_up import preview
from tests.unit.policies.eks.good_stack import (
    BUCKET,
    CLUSTER,
    KEY,
    LOGS,
    good_stack,
    resource,
    urn,
)

GROUP_NAME = "/aws/eks/kserve/cluster"
ENDPOINT = "eks-endpoint-restricted"
NOT_ALLOWED = "it is not within the addresses that this rule allows"
CLOSE_OR_ALLOW = "set endpointPublicAccess to false, or add the network to the rule's option allowPublic"


def _with_cluster(**props: Any) -> list[Resource]:
    return broken(good_stack(), CLUSTER, "kserve", **props)


def _open_to(*cidrs: Any) -> list[Resource]:
    return _with_cluster(
        vpcConfig={
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": list(cidrs),
        }
    )


def test_a_public_endpoint_without_a_list_is_open_to_everybody() -> None:
    assert told(ENDPOINT, _with_cluster(vpcConfig={"endpointPrivateAccess": True})) == [
        (
            "vpcConfig.publicAccessCidrs",
            None,
            "without a list AWS lets the whole internet (0.0.0.0/0) reach the API server",
            "set endpointPublicAccess to false, or list the addresses that may reach it",
        )
    ]


def test_addresses_within_the_allowed_ones_may_reach_the_endpoint() -> None:
    stack = _open_to("203.0.113.16/28", "2001:db8:1::/48")

    assert told(ENDPOINT, stack, allowPublic=["203.0.113.0/24", "2001:db8::/32"]) == []


@pytest.mark.parametrize("half", ["0.0.0.0/1", "128.0.0.0/1", "203.0.113.0/24", "2001:db8::/32"])
def test_the_internet_cannot_be_let_in_by_halves(half: str) -> None:
    assert told(ENDPOINT, _open_to(half), allowPublic=["203.0.113.0/25", "2001:db8::/48"]) == [
        ("vpcConfig.publicAccessCidrs[0]", half, NOT_ALLOWED, CLOSE_OR_ALLOW)
    ]


def test_the_whole_internet_over_ipv6_is_refused_too() -> None:
    assert told(ENDPOINT, _open_to("::/0")) == [
        (
            "vpcConfig.publicAccessCidrs[0]",
            "::/0",
            "it is the whole internet",
            "set endpointPublicAccess to false",
        )
    ]


def test_an_unknown_address_is_told_and_hides_no_known_one() -> None:
    stack = _open_to(UNKNOWN, "198.51.100.0/24")

    assert blind(ENDPOINT, stack) == ["vpcConfig.publicAccessCidrs[0]"]
    assert told(ENDPOINT, stack) == [
        ("vpcConfig.publicAccessCidrs[1]", "198.51.100.0/24", NOT_ALLOWED, CLOSE_OR_ALLOW)
    ]


def test_a_switch_that_is_not_known_yet_is_not_taken_for_off() -> None:
    stack = _with_cluster(vpcConfig={"endpointPublicAccess": UNKNOWN, "endpointPrivateAccess": True})

    assert blind(ENDPOINT, stack) == ["vpcConfig.endpointPublicAccess"]


def test_a_key_of_this_stack_counts_before_its_arn_is_known() -> None:
    assert blind("eks-secrets-cmk", preview(good_stack())) == []


def test_a_key_from_nowhere_that_is_not_known_cannot_be_judged() -> None:
    encryption = {"resources": ["secrets"], "provider": {"keyArn": UNKNOWN}}
    stack = altered(
        _with_cluster(encryptionConfig=encryption),
        CLUSTER,
        "kserve",
        lambda one: replace(one, property_dependencies={}, dependencies=()),
    )

    assert blind("eks-secrets-cmk", stack) == ["encryptionConfig"]


def test_a_key_of_another_stack_is_as_good() -> None:
    encryption = {
        "resources": ["secrets"],
        "provider": {"keyArn": "arn:aws:kms:eu-central-1:1:key/elsewhere"},
    }
    stack = without(_with_cluster(encryptionConfig=encryption), KEY, "secrets")

    assert told("eks-secrets-cmk", stack) == []


def test_the_key_of_aws_itself_is_no_key_of_ones_own() -> None:
    arn = "arn:aws:kms:eu-central-1:1:alias/aws/eks"
    encryption = {"resources": ["secrets"], "provider": {"keyArn": arn}}
    stack = without(_with_cluster(encryptionConfig=encryption), KEY, "secrets")

    assert told("eks-secrets-cmk", stack) == [
        (
            "encryptionConfig.provider.keyArn",
            arn,
            "Secrets would be encrypted under a key of AWS's, which nobody here can rotate, audit or revoke",
            "name a KMS key of your own",
        )
    ]


def test_a_key_that_encrypts_no_secrets_is_told() -> None:
    encryption = {"resources": [], "provider": {"keyArn": "arn:aws:kms:eu-central-1:1:key/k1"}}

    assert told("eks-secrets-cmk", _with_cluster(encryptionConfig=encryption)) == [
        ("encryptionConfig.resources", "[]", "Secrets are not among what the key encrypts", "write [secrets]")
    ]


def test_logs_without_a_log_group_are_kept_for_ever() -> None:
    assert told("eks-control-plane-logs", without(good_stack(), LOGS, "control-plane")) == [
        (
            "enabledClusterLogTypes",
            "audit, api, authenticator",
            "the stack has no log group for it, so EKS makes one that keeps logs for ever, at a price",
            f"add an aws.cloudwatch.LogGroup named {GROUP_NAME} with retentionInDays, and let it come first",
        )
    ]


def test_a_log_group_that_may_come_after_the_cluster_is_told() -> None:
    stack = altered(good_stack(), CLUSTER, "kserve", lambda one: replace(one, dependencies=()))

    assert told("eks-control-plane-logs", stack) == [
        (
            "dependsOn",
            None,
            "EKS may make the log group /aws/eks/kserve/cluster first, and creating ours then fails",
            "let the cluster depend on the log group",
        )
    ]


def test_which_logs_there_must_be_is_an_option() -> None:
    assert told("eks-control-plane-logs", good_stack(), types=["scheduler"]) == [
        (
            "enabledClusterLogTypes",
            "audit, api, authenticator",
            "without the scheduler log nobody can tell afterwards who did what",
            "add scheduler",
        )
    ]


def test_a_cluster_that_says_nothing_of_access_has_the_config_map() -> None:
    assert [where for where, *_ in told("eks-auth-api-only", _with_cluster(accessConfig=None))] == [
        "accessConfig.authenticationMode",
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
    ]


def test_an_aws_auth_elsewhere_is_just_a_name() -> None:
    map_ = resource(
        "kubernetes:core/v1:ConfigMap", "aws-auth", {"metadata": {"name": "aws-auth", "namespace": "team"}}
    )

    assert told("eks-auth-api-only", [*good_stack(), map_]) == []


def test_a_patch_of_aws_auth_is_refused_as_the_map_itself() -> None:
    patch = resource(
        "kubernetes:core/v1:ConfigMapPatch",
        "aws-auth",
        {"metadata": {"name": "aws-auth", "namespace": "kube-system"}},
    )

    assert told("eks-auth-api-only", [*good_stack(), patch]) == [
        (
            "metadata.name",
            "aws-auth",
            "it is deprecated, and one wrong line in it locks everybody out",
            "remove it, and write an aws.eks.AccessEntry for each of its lines",
        )
    ]


def test_a_version_ends_on_the_day_after_the_last_of_its_support() -> None:
    stack = _with_cluster(version="1.34")

    assert told("eks-version-supported", stack, today="2026-12-02") == []
    assert told("eks-version-supported", stack, today="2026-12-03") == [
        (
            "version",
            "1.34",
            "standard support ended on 2026-12-02: AWS takes six times the price",
            "write a version in standard support",
        )
    ]


def test_a_version_that_nobody_chose_is_told() -> None:
    assert told("eks-version-supported", _with_cluster(version=None)) == [
        (
            "version",
            None,
            "AWS would choose one, and another in the next cluster",
            "write a version in standard support",
        )
    ]


def test_a_version_that_the_table_does_not_have_is_told() -> None:
    assert told("eks-version-supported", _with_cluster(version="1.20")) == [
        (
            "version",
            "1.20",
            "the support table does not know it: it is past all support, or newer than the table",
            "write a version in standard support",
        )
    ]


def test_the_warning_ends_where_support_does() -> None:
    stack = _with_cluster(version="1.34")

    assert told("eks-version-lasts", stack, today="2026-12-03") == []
    assert told("eks-version-lasts", stack, today="2026-10-03") == []
    assert told("eks-version-lasts", stack, today="2026-10-04") == [
        (
            "version",
            "1.34",
            "standard support ends on 2026-12-02, in 59 days",
            "plan the upgrade to the next minor version now: control plane, add-ons, then nodes",
        )
    ]


def test_an_unknown_version_is_not_taken_for_supported() -> None:
    assert blind("eks-version-supported", _with_cluster(version=UNKNOWN)) == ["version"]


@pytest.mark.parametrize(("kind", "name"), [(CLUSTER, "kserve"), (BUCKET, "models"), (KEY, "secrets")])
def test_cluster_models_and_keys_are_each_protected(kind: str, name: str) -> None:
    stack = altered(good_stack(), kind, name, lambda one: replace(one, protect=False))

    assert told("eks-deletion-protected", stack) == [
        (
            "protect",
            "false",
            "a changed setting can mean a replacement, which deletes it",
            "set the resource option protect to true",
        )
    ]


def test_an_unknown_deletion_protection_does_not_hide_a_missing_protect() -> None:
    stack = altered(
        _with_cluster(deletionProtection=UNKNOWN), CLUSTER, "kserve", lambda one: replace(one, protect=False)
    )

    assert blind("eks-deletion-protected", stack) == ["deletionProtection"]
    assert [where for where, *_ in told("eks-deletion-protected", stack)] == ["protect"]


def test_an_address_of_a_resource_is_its_urn() -> None:
    assert urn(CLUSTER, "kserve") == "urn:pulumi:eks-prod::kserve-platform::aws:eks/cluster:Cluster::kserve"
