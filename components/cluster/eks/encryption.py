"""The KMS key of a cluster: its secrets, disks, logs and model buckets."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.documents import key_policy
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place


@dataclass(frozen=True, kw_only=True)
class Args:
    """What the key needs.

    Attributes:
        account: Id of the AWS account.
        deletion_window_days: Days in which a deleted key can be had back.
        protect: Pulumi refuses to delete it: with it everything that it encrypted is gone.
    """

    account: pulumi.Input[str]
    deletion_window_days: int
    protect: bool


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What the key gives.

    Attributes:
        arn: ARN of the key.
    """

    arn: pulumi.Output[str]


class Encryption(Part):
    """A key of the stack's own, changed every year."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Encryption", "encryption", place, opts)
        policy = pulumi.Output.from_input(args.account).apply(lambda account: key_policy(place, account))
        key = aws.kms.Key(
            "key",
            description=f"Secrets, disks, logs and models of {place.cluster}",
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=args.deletion_window_days,
            policy=policy,
            tags=place.tagged("key"),
            opts=self._options(protect=args.protect),
        )
        aws.kms.Alias("key", name=f"alias/{place.cluster}", target_key_id=key.key_id, opts=self._options())
        self.outputs = Outputs(arn=key.arn)
        self.register_outputs({})
