"""What AWS resources show of themselves in a plan."""

from __future__ import annotations

import json

from tests.plans.aws_text import common_tags, statements, told_tags

COMMON = {"owner": "team", "managed-by": "pulumi"}


def test_tags_of_most_are_tags_of_all_and_of_one_are_its_own() -> None:
    tagged = [{"tags": {**COMMON, "Name": name}} for name in "abc"]

    assert common_tags([*tagged, {"tags": {"owner": "team"}}, {}]) == COMMON


def test_only_what_differs_from_all_others_is_told_of_tags() -> None:
    assert told_tags({**COMMON, "Name": "a"}, COMMON) == "all, Name=a"
    assert told_tags({"owner": "somebody"}, COMMON) == "all but managed-by, owner=somebody"


def test_a_policy_document_is_told_in_a_sentence_for_each_statement() -> None:
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    told = statements(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    assert told is not None
    (sentence,) = told
    assert sentence == (
        "Read: Allow s3:GetObject, s3:ListBucket on * by Service ec2.amazonaws.com "
        'if {"Bool": {"aws:SecureTransport": "true"}}'
    )


def test_other_texts_are_told_as_they_are() -> None:
    assert statements("plain") is None
    assert statements('{"replicaCount": 2}') is None
