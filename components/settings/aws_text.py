"""The forms of text that AWS gives a meaning to: names of its resources, blocks of addresses, tags."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from components.settings.form import Form, Refusal

LONGEST_GROUP = 40


def _judge_cidr(value: str) -> Refusal | None:
    try:
        ipaddress.IPv4Network(value)
    except ValueError:
        return Refusal(
            "is not a block of IPv4 addresses",
            "AWS takes an address and a length, with no bit set behind the length",
            _cidr_fix(value),
        )
    if "/" in value:
        return None
    return Refusal("has no length", "one address is a block of length 32", f"write {value}/32")


def _cidr_fix(value: str) -> str:
    try:
        return f"write {ipaddress.IPv4Network(value, strict=False)}"
    except ValueError:
        return "write it like 203.0.113.0/24, or 203.0.113.7/32 for one address"


def _judge_arn(value: str) -> Refusal | None:
    if re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+", value, re.ASCII):
        return None
    if re.fullmatch(r"arn:aws[a-z-]*:(sts|iam)::\d{12}:(assumed-role/.*|root)", value):
        return Refusal(
            "is neither a role nor a user",
            "EKS takes roles and users; sessions of a role and whole accounts are none",
            "write the role itself, like arn:aws:iam::111122223333:role/deploy",
        )
    return Refusal(
        "is not the ARN of a role or user",
        "EKS knows people and programs by their IAM role or user",
        "write it like arn:aws:iam::111122223333:role/deploy",
    )


def _judge_key_arn(value: str) -> Refusal | None:
    if re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-z0-9-]+", value):
        return None
    return Refusal(
        "is not the ARN of a KMS key",
        "EKS refuses aliases and bare ids",
        "write it like arn:aws:kms:eu-west-1:111122223333:key/0123...",
    )


def _judge_certificate_arn(value: str) -> Refusal | None:
    if re.fullmatch(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[a-z0-9-]+", value):
        return None
    return Refusal(
        "is not the ARN of an ACM certificate",
        "a load balancer takes its certificate from AWS Certificate Manager",
        "write it like arn:aws:acm:eu-west-1:111122223333:certificate/0123...",
    )


def _judge_vpc(value: str) -> Refusal | None:
    if re.fullmatch(r"vpc-[0-9a-f]{8,17}", value):
        return None
    return Refusal(
        "is not the id of a VPC", "AWS finds a VPC by its id", "write it like vpc-0123456789abcdef0"
    )


def _judge_subnet(value: str) -> Refusal | None:
    if re.fullmatch(r"subnet-[0-9a-f]{8,17}", value):
        return None
    return Refusal(
        "is not the id of a subnet",
        "AWS finds a subnet by its id",
        "write it like subnet-0123456789abcdef0",
    )


def _judge_reservation(value: str) -> Refusal | None:
    is_group = re.fullmatch(r"arn:aws[a-z-]*:resource-groups:[a-z0-9-]+:\d{12}:group/[\w.-]+", value)
    if is_group or re.fullmatch(r"cr-[0-9a-f]{8,17}", value):
        return None
    return Refusal(
        "is not a capacity reservation",
        "AWS finds one by its id, or several by the ARN of their resource group",
        "write it like cr-0123456789abcdef0",
    )


def _judge_bucket(value: str) -> Refusal | None:
    is_name = re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value)
    if is_name and ".." not in value and not re.fullmatch(r"\d+(\.\d+){3}", value):
        return None
    return Refusal(
        "is not the name of a bucket",
        "S3 takes 3 to 63 small letters, digits, '-' and '.', a letter or digit at both ends",
        "write it like example-org-models",
    )


def _judge_tag(value: str) -> Refusal | None:
    if value.lower().startswith("aws:"):
        return Refusal("begins with aws:", "AWS keeps such tags to itself", "choose another key")
    if 0 < len(value) <= 128 and re.fullmatch(r"[\w +=.:/@-]+", value):
        return None
    return Refusal(
        "is not a tag",
        "AWS takes at most 128 letters, digits, blanks and + - = . _ : / @",
        "shorten it or replace the other characters",
    )


def _judge_mig_profile(value: str) -> Refusal | None:
    if re.fullmatch(r"[1-7]g\.[1-9]\d*gb", value):
        return None
    return Refusal(
        "is not a MIG profile",
        "NVIDIA names them by slices of compute and memory",
        "write it like 1g.10gb",
    )


def judge_group_name(value: str) -> Refusal | None:
    """The name goes into a node label, the names of AWS resources and Kubernetes objects."""
    if len(value) <= LONGEST_GROUP and re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", value):
        return None
    return Refusal(
        "is not a name for a group",
        "the name becomes part of names of AWS and Kubernetes",
        f"use at most {LONGEST_GROUP} small letters, digits and '-', a letter first and no '-' last",
    )


GroupName = Annotated[str, Form("group-name", judge_group_name, r"^[a-z]([-a-z0-9]*[a-z0-9])?$")]
Cidr = Annotated[str, Form("cidr", _judge_cidr, r"^\d+(\.\d+){3}/\d+$")]
PrincipalArn = Annotated[str, Form("principal-arn", _judge_arn, r"^arn:")]
KeyArn = Annotated[str, Form("key-arn", _judge_key_arn, r"^arn:")]
CertificateArn = Annotated[str, Form("certificate-arn", _judge_certificate_arn, r"^arn:")]
VpcId = Annotated[str, Form("vpc", _judge_vpc, r"^vpc-")]
SubnetId = Annotated[str, Form("subnet", _judge_subnet, r"^subnet-")]
Reservation = Annotated[str, Form("reservation", _judge_reservation)]
BucketName = Annotated[str, Form("bucket", _judge_bucket)]
AwsTag = Annotated[str, Form("aws-tag", _judge_tag)]
MigProfile = Annotated[str, Form("mig-profile", _judge_mig_profile, r"^[1-7]g\.[1-9]\d*gb$")]
