"""What AWS would answer. A double: the forms are those of its API, the values are made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

ACCOUNT = "111122223333"
ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/00000000-1111-2222-3333-444444444444"

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def _cluster(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "arn": f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/{inputs['name']}",
        "endpoint": "https://0123456789abcdef.gr7.us-west-2.eks.amazonaws.com",
        "certificateAuthority": {"data": "Y2VydGlmaWNhdGU="},
        "identities": [{"oidcs": [{"issuer": ISSUER}]}],
        "vpcConfig": {**inputs["vpcConfig"], "clusterSecurityGroupId": "sg-0123456789abcdef0"},
    }


AWS_ANSWERS: Mapping[str, Answer] = {
    "aws:eks/cluster:Cluster": _cluster,
    "aws:eks/nodeGroup:NodeGroup": lambda inputs: {
        "resources": [{"autoscalingGroups": [{"name": f"eks-{inputs['nodeGroupNamePrefix']}0123"}]}]
    },
    "aws:iam/role:Role": lambda inputs: {"arn": f"arn:aws:iam::{ACCOUNT}:role/{inputs['name']}"},
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": lambda _: {
        "arn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER.removeprefix('https://')}"
    },
    "aws:cloudwatch/eventRule:EventRule": lambda inputs: {
        "arn": f"arn:aws:events:us-west-2:{ACCOUNT}:rule/{inputs['name']}"
    },
    "aws:iam/instanceProfile:InstanceProfile": lambda inputs: {
        "arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/{inputs['name']}"
    },
    "aws:sqs/queue:Queue": lambda inputs: {
        "arn": f"arn:aws:sqs:us-west-2:{ACCOUNT}:{inputs['name']}",
        "url": f"https://sqs.us-west-2.amazonaws.com/{ACCOUNT}/{inputs['name']}",
    },
    "aws:kms/key:Key": lambda _: {"arn": KEY, "keyId": KEY.rsplit("/", 1)[-1]},
    "aws:ec2/eip:Eip": lambda _: {"allocationId": "eipalloc-0123456789abcdef0"},
    "aws:ec2/launchTemplate:LaunchTemplate": lambda _: {"latestVersion": 1},
    "aws:s3/bucket:Bucket": lambda inputs: {"arn": f"arn:aws:s3:::{inputs['bucket']}"},
}

AWS_FUNCTIONS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT,
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session",
        "id": ACCOUNT,
        "userId": "AROAEXAMPLE:session",
    },
    "aws:iam/getSessionContext:getSessionContext": {
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session",
        "id": "deploy",
        "issuerArn": f"arn:aws:iam::{ACCOUNT}:role/deploy",
        "issuerId": "AROAEXAMPLE",
        "issuerName": "deploy",
        "sessionName": "session",
    },
}
"""What functions of the provider answer, by token."""
