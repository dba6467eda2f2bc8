"""Every type that the double's provider knows."""

from __future__ import annotations

from collections.abc import Mapping

from tests.aws.kinds.base import Kind
from tests.aws.kinds.ec2 import EC2
from tests.aws.kinds.eks import AUTOSCALING, EKS
from tests.aws.kinds.iam import IAM, KMS, LOGS
from tests.aws.kinds.interruptions import INTERRUPTIONS
from tests.aws.kinds.s3 import S3

_ALL = (*AUTOSCALING, *EC2, *EKS, *IAM, *INTERRUPTIONS, *KMS, *LOGS, *S3)
KINDS: Mapping[str, Kind] = {kind.token: kind for kind in _ALL}
