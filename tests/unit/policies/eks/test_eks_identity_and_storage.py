"""Policy documents as text and as mappings, and the buckets that they guard."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from policies.aws.documents import NotADocument, statements
from policies.rule import Resource
from policies.unknown import UNKNOWN
from tests.unit.policies.eks.asking import ask, blind, broken, told, without
from tests.unit.policies.eks.before_up import preview
from tests.unit.policies.eks.good_stack import (
    ACL,
    ATTACHMENT,
    BLOCK,
    BUCKET,
    BUCKET_POLICY,
    ENCRYPTION,
    POLICY,
    ROLE,
    ROLE_POLICY,
    VERSIONING,
    document,
    good_stack,
    resource,
    trust,
)

LEAST = "pod-identity-least"
PRIVATE = "model-bucket-private"


def _allowing(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _reading(written: Any) -> list[Resource]:
    return broken(good_stack(), ROLE_POLICY, "read-models", policy=written)


@pytest.mark.parametrize(
    "written",
    [
        document(_allowing("s3:GetObject")),
        {"Statement": [_allowing("s3:GetObject")]},
        {"Statement": _allowing(["s3:GetObject"], ["*"])},
        json.dumps({"Statement": _allowing("s3:GetObject")}),
    ],
    ids=["text", "mapping", "one statement", "one statement as text"],
)
def test_a_document_is_read_however_it_is_written(written: Any) -> None:
    assert told(LEAST, _reading(written)) == [
        (
            "policy.Statement[0].Resource",
            "*",
            "pods with the role models could do s3:GetObject to anything in the account",
            "name the resources, or hold the statement by a condition",
        )
    ]


@pytest.mark.parametrize(
    "statement",
    [
        _allowing(["ec2:DescribeInstances", "autoscaling:DescribeTags", "elasticloadbalancing:Describe*"]),
        _allowing("ecr:GetAuthorizationToken"),
        _allowing("ec2:DeleteTags", Condition={"Null": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "false"}}),
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
    ],
    ids=["questions", "a token", "held by a condition", "denied"],
)
def test_what_can_only_be_said_of_everything_passes(statement: dict[str, Any]) -> None:
    assert told(LEAST, _reading(document(statement))) == []


@pytest.mark.parametrize(
    ("statement", "places"),
    [
        (_allowing("*", "arn:aws:s3:::models"), ["policy.Statement[0].Action"]),
        (_allowing("s3:*", "arn:aws:s3:::models"), ["policy.Statement[0].Action"]),
        (
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::models"},
            ["policy.Statement[0].Action"],
        ),
        (
            {"Effect": "Allow", "Action": "sqs:SendMessage", "NotResource": "a"},
            ["policy.Statement[0].Resource"],
        ),
        (_allowing("secretsmanager:GetSecretValue"), ["policy.Statement[0].Resource"]),
        (_allowing("s3:GetObject", "arn:aws:s3:::*"), ["policy.Statement[0].Resource"]),
    ],
    ids=["everything", "a service", "all but", "everywhere but", "secrets", "every bucket"],
)
def test_what_is_too_wide_is_told(statement: dict[str, Any], places: list[str]) -> None:
    assert [where for where, *_ in told(LEAST, _reading(document(statement)))] == places


def test_an_unknown_resource_in_a_mapping_hides_no_wide_action() -> None:
    written = {"Statement": [_allowing(["s3:*", UNKNOWN], [UNKNOWN, "arn:aws:s3:::models"])]}

    assert [where for where, *_ in told(LEAST, _reading(written))] == ["policy.Statement[0].Action"]
    assert blind(LEAST, _reading(written)) == ["policy.Statement[0].Action"]


def test_an_unknown_document_is_told_once_for_each_question() -> None:
    assert blind(LEAST, _reading(UNKNOWN)) == ["policy"]


def test_an_unknown_document_does_not_hide_what_its_role_trusts() -> None:
    stack = broken(
        _reading(UNKNOWN), ROLE, "models", assumeRolePolicy=trust("pods.eks.amazonaws.com", "sts:AssumeRole")
    )

    assert [fix for *_, fix in told(LEAST, stack)] == ["allow sts:TagSession too"]


def test_what_is_no_document_is_told() -> None:
    assert told(LEAST, _reading("{")) == [
        ("policy", None, "it is not JSON", "write a policy document as JSON")
    ]


def test_a_document_that_is_no_object_is_refused() -> None:
    with pytest.raises(NotADocument, match=r"^it is no JSON object$"):
        statements("[]")


def test_a_policy_is_judged_by_the_roles_that_it_is_attached_to() -> None:
    wide = document(_allowing("sqs:DeleteQueue"))
    attached = broken(good_stack(), POLICY, "look-around", policy=wide)
    loose = without(attached, ATTACHMENT, "models-look-around")

    assert [where for where, *_ in told(LEAST, attached)] == ["policy.Statement[0].Resource"]
    assert told(LEAST, loose) == []


def test_the_same_is_found_in_a_preview() -> None:
    stack = preview(
        broken(good_stack(), POLICY, "look-around", policy=document(_allowing("sqs:DeleteQueue")))
    )

    assert [where for where, *_ in told(LEAST, stack)] == ["policy.Statement[0].Resource"]


def test_policies_inside_a_role_are_judged_too() -> None:
    inline = [
        {
            "name": "all",
            "policy": document(_allowing("dynamodb:*", "arn:aws:dynamodb:eu-central-1:1:table/a")),
        }
    ]

    assert told(LEAST, broken(good_stack(), ROLE, "models", inlinePolicies=inline)) == [
        (
            "inlinePolicies[0].policy.Statement[0].Action",
            "dynamodb:*",
            "pods with the role models could do anything that dynamodb has",
            "name the actions that they need",
        )
    ]


def test_an_exempt_policy_is_let_be() -> None:
    assert told(LEAST, _reading(document(_allowing("s3:*"))), exempt=["read-*"]) == []


@pytest.mark.parametrize("name", ["AdministratorAccess", "AmazonS3FullAccess"])
def test_pods_get_no_policy_of_aws_that_allows_all(name: str) -> None:
    arn = f"arn:aws:iam::aws:policy/{name}"
    stack = [
        replace(
            one,
            props={**one.props, "policyArn": arn},
            property_dependencies={"role": one.property_dependencies["role"]},
        )
        if one.name == "models-look-around"
        else one
        for one in good_stack()
    ]

    assert told(LEAST, stack) == [
        (
            "policyArn",
            name,
            "pods with the role models could do far more than they need",
            "write a policy of their own",
        )
    ]


def test_nodes_may_pull_images_and_be_managed() -> None:
    for name in ("AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"):
        arn = f"arn:aws:iam::aws:policy/{name}"
        assert told(LEAST, broken(good_stack(), ATTACHMENT, "node-worker", policyArn=arn)) == []


def test_nodes_read_no_models() -> None:
    inline = resource(
        ROLE_POLICY,
        "node-models",
        {"role": "node", "policy": document(_allowing("s3:GetObject", "arn:aws:s3:::models/*"))},
        after={"role": [(ROLE, "node")]},
    )

    assert told(LEAST, [*good_stack(), inline]) == [
        (
            "policy.Statement[0].Action",
            "s3:GetObject",
            "whatever breaks out on a node with the role node has these rights",
            "give them to the pods that need them, by Pod Identity",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (BLOCK, "bucketPublicAccessBlock"),
        (VERSIONING, "bucketVersioning"),
        (ENCRYPTION, "bucketServerSideEncryptionConfiguration"),
        (BUCKET_POLICY, "bucketPolicy"),
    ],
)
def test_a_bucket_lacks_each_of_its_guards_by_name(kind: str, where: str) -> None:
    found = ask(PRIVATE, without(good_stack(), kind, "models"))

    assert [(one.where, one.urn.rpartition("::")[2], one.undecided) for one in found] == [
        (where, "models", False)
    ]


def test_the_guards_of_one_bucket_do_not_guard_another() -> None:
    second = resource(BUCKET, "second", {"id": "second", "bucket": "second"}, protect=True)

    assert [where for where, *_ in told(PRIVATE, preview([*good_stack(), second]))] == [
        "bucketPublicAccessBlock",
        "bucketVersioning",
        "bucketServerSideEncryptionConfiguration",
        "bucketPolicy",
    ]


def test_a_bucket_policy_that_is_not_known_hides_no_missing_version() -> None:
    stack = without(broken(good_stack(), BUCKET_POLICY, "models", policy=UNKNOWN), VERSIONING, "models")

    assert blind(PRIVATE, stack) == ["policy"]
    assert [where for where, *_ in told(PRIVATE, stack)] == ["bucketVersioning"]


def test_everybody_on_a_condition_is_not_everybody() -> None:
    tls = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": ["s3:*"],
        "Resource": "*",
        "Condition": {"Bool": {"AWS:securetransport": ["false"]}},
    }
    ours = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    }

    assert told(PRIVATE, broken(good_stack(), BUCKET_POLICY, "models", policy=document(tls, ours))) == []


def test_a_grant_to_everybody_is_a_public_acl() -> None:
    uri = "http://acs.amazonaws.com/groups/global/AllUsers"
    grants = [{"permission": "READ", "grantee": {"type": "Group", "uri": uri}}]
    acl = resource(
        ACL,
        "models",
        {"bucket": "models", "accessControlPolicy": {"grants": grants}},
        after={"bucket": [(BUCKET, "models")]},
    )

    assert told(PRIVATE, [*good_stack(), acl]) == [
        (
            "accessControlPolicy.grants[0].grantee.uri",
            uri,
            "everybody could read the bucket",
            "remove the grant",
        )
    ]
