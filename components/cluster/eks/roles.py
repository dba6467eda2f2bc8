"""IAM roles with their policies: the one way in which this project makes a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.cluster.eks.documents import trust_service
from components.cluster.eks.place import Place


class Role:
    """A role and what is attached to it.

    Attributes:
        arn: Its ARN.
        name: Its name.
        ready: The role and its policies. Who takes the role depends on these: a role without its policies is
            refused by AWS only minutes later, and policies that go first leave things that nobody can delete.
    """

    def __init__(
        self,
        purpose: str,
        place: Place,
        trust: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        *,
        managed: Sequence[str] = (),
        inline: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> None:
        role = aws.iam.Role(
            purpose,
            name=place.name(purpose),
            assume_role_policy=trust,
            tags=place.tagged(purpose),
            opts=opts,
        )
        self.arn: pulumi.Output[str] = role.arn
        self.name: pulumi.Output[str] = role.name
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{purpose}-{policy.rsplit('/', 1)[-1]}",
                role=role.name,
                policy_arn=place.managed_policy(policy),
                opts=opts,
            )
            for policy in managed
        ]
        written = [
            aws.iam.RolePolicy(f"{purpose}-{name}", role=role.name, name=name, policy=policy, opts=opts)
            for name, policy in (inline or {}).items()
        ]
        self.ready: tuple[pulumi.Resource, ...] = (role, *attached, *written)


def role_of_machines(
    place: Place, given: str | None, managed: Sequence[str], opts: pulumi.ResourceOptions
) -> tuple[pulumi.Input[str], pulumi.Input[str], tuple[pulumi.Resource, ...]]:
    """The role that machines run with, made or there already: its ARN, its name, what is ready with it.

    Args:
        place: Of the cluster.
        given: ARN of the one that is there already; None to make one.
        managed: AWS's policies that a new one gets.
        opts: Of its resources.
    """
    if given is not None:
        # A role's path is part of its ARN and not of its name.
        return given, given.rsplit("/", 1)[-1], ()
    role = Role("machines", place, trust_service(f"ec2.{place.domain}"), opts, managed=managed)
    return role.arn, role.name, role.ready
