"""IAM policy documents: who may take a role, and what a role may do. Pure.

Every document names its actions and its resources: a star stands only where a condition narrows it, or where
AWS has no narrower form (said there).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.cluster.eks.place import Place

Statement = Mapping[str, Any]


def document(*statements: Statement) -> str:
    """A policy document as JSON, always the same text for the same statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def trust_service(service: str) -> str:
    """A service of AWS may take the role.

    Args:
        service: Its principal, e.g. eks.amazonaws.com.
    """
    return document(
        {
            "Sid": "Service",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
        }
    )


def trust_tagging_service(service: str) -> str:
    """As `trust_service`, for one that tags its sessions: policies of EKS Auto Mode know clusters by that.

    Args:
        service: Its principal.
    """
    return document(
        {
            "Sid": "Service",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    )


def trust_pods(cluster_arn: str) -> str:
    """Pods of one cluster may take the role, where an association of EKS Pod Identity says which.

    Args:
        cluster_arn: ARN of the cluster. Without it an association of any cluster of the account would do.
    """
    return document(
        {
            "Sid": "PodIdentity",
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            # The agent tags its sessions with cluster, namespace and service account: without the second
            # action every assumption fails.
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"ArnEquals": {"aws:SourceArn": cluster_arn}},
        }
    )


def trust_service_account(provider_arn: str, issuer: str, namespace: str, service_account: str) -> str:
    """One service account may take the role (IRSA).

    Args:
        provider_arn: ARN of the cluster's OIDC provider.
        issuer: URL of the cluster's issuer.
        namespace: Namespace of the service account.
        service_account: Its name.
    """
    host = issuer.removeprefix("https://")
    subject = f"system:serviceaccount:{namespace}:{service_account}"
    return document(
        {
            "Sid": "ServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{host}:sub": subject, f"{host}:aud": "sts.amazonaws.com"}},
        }
    )


def use_key(key_arn: str) -> Statement:
    """Encrypt and decrypt with a key."""
    return {
        "Sid": "UseKey",
        "Effect": "Allow",
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        "Resource": key_arn,
    }


def grant_key(key_arn: str) -> Statement:
    """Hand a key's use on, to services of AWS only: attaching an encrypted volume takes it."""
    return {
        "Sid": "GrantKey",
        "Effect": "Allow",
        "Action": "kms:CreateGrant",
        "Resource": key_arn,
        "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    }


def read_buckets(bucket_arns: Sequence[str], key_arn: str | None) -> str:
    """List and read the objects of buckets, and nothing else.

    Args:
        bucket_arns: ARNs of the buckets.
        key_arn: The key that their objects are encrypted with; None where S3 has its own.
    """
    arns = sorted(bucket_arns)
    listing = {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": arns}
    reading = {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": [f"{arn}/*" for arn in arns],
    }
    decrypting = {"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn}
    return document(listing, reading, *([decrypting] if key_arn else []))


def refuse_plain_http(bucket_arn: str) -> str:
    """Policy of a bucket: nobody reaches it without TLS."""
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def key_policy(place: Place, account: str) -> str:
    """Who may use the cluster's key.

    Args:
        place: Of the cluster.
        account: Id of the AWS account.
    """
    logs = f"arn:{place.partition}:logs:{place.region}:{account}:log-group:/aws/eks/{place.cluster}/*"
    use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    return document(
        {
            # In a key's policy the resource is the key itself. Without this statement the account could lose
            # its key for ever: IAM alone gives nobody access to it.
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{place.partition}:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            # Machines are started by the service-linked role of EC2 Auto Scaling. It cannot be named here: in
            # an account that never had a group it does not exist yet, and KMS refuses unknown principals.
            "Sid": "VolumesOfThisAccount",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [*use, "kms:CreateGrant"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "kms:CallerAccount": account,
                    "kms:ViaService": f"ec2.{place.region}.{place.domain}",
                }
            },
        },
        {
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{place.region}.{place.domain}"},
            "Action": use,
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
        },
    )
