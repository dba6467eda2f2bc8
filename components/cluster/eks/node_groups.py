"""The machines: managed node groups that an autoscaler grows from zero and shrinks back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.launch_templates import launch_template
from components.cluster.eks.machine_plan import MachinePlan, scaling_tags
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.eks.roles import role_of_machines

# The role of pods that give machines their addresses is theirs, not the machines'.
_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
_LONGEST_PREFIX = 37


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of machines.

    Attributes:
        plan: What EKS is asked for.
        subnets: Where its machines are.
    """

    plan: MachinePlan
    subnets: tuple[pulumi.Input[str], ...]


@dataclass(frozen=True, kw_only=True)
class Args:
    """What the machines need.

    Attributes:
        cluster: Name of the cluster, as its resource gives it.
        kubernetes_version: Minor version.
        groups: By name.
        key_arn: Key of their disks; None for AWS's own.
        role_arn: Role that is there already; None to make one.
        after: What machines need to start, and to be drained at their end: network and first add-ons.
    """

    cluster: pulumi.Input[str]
    kubernetes_version: str
    groups: Mapping[str, Group]
    key_arn: pulumi.Input[str] | None
    role_arn: str | None
    after: tuple[pulumi.Resource, ...]


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What the machines give.

    Attributes:
        groups: The node groups.
        role: Name of the machines' role.
        role_arn: Its ARN.
        ready: These and their tags: an autoscaler acts on what it sees.
    """

    groups: tuple[pulumi.Resource, ...]
    role: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    ready: tuple[pulumi.Resource, ...]


class NodeGroups(Part):
    """All groups of a cluster."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("NodeGroups", "node-groups", place, opts)
        role_arn, role_name, ready = role_of_machines(place, args.role_arn, _POLICIES, self._options())
        groups: list[pulumi.Resource] = []
        tags: list[pulumi.Resource] = []
        for name, group in args.groups.items():
            made = self._group(name, group, args, role_arn, ready)
            groups.append(made)
            tags += self._tags(name, group.plan, made)
        self.outputs = Outputs(
            groups=tuple(groups), role=role_name, role_arn=role_arn, ready=(*groups, *tags)
        )
        self.register_outputs({})

    def _group(
        self,
        name: str,
        group: Group,
        args: Args,
        role_arn: pulumi.Input[str],
        ready: tuple[pulumi.Resource, ...],
    ) -> aws.eks.NodeGroup:
        plan = group.plan
        template = launch_template(name, self._place, plan, args.key_arn, self._options())
        return aws.eks.NodeGroup(
            name,
            cluster_name=args.cluster,
            # With a name of its own a group that must be replaced could not stand beside the one it replaces.
            node_group_name_prefix=f"{name[: _LONGEST_PREFIX - 1]}-",
            node_role_arn=role_arn,
            subnet_ids=list(group.subnets),
            version=args.kubernetes_version,
            ami_type=plan.ami_type,
            capacity_type=plan.capacity_type,
            instance_types=list(plan.instance_types),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=plan.min_size, desired_size=plan.desired_size, max_size=plan.max_size
            ),
            labels=dict(plan.labels),
            taints=[
                aws.eks.NodeGroupTaintArgs(key=taint.key, value=taint.value, effect=taint.effect)
                for taint in plan.taints
            ],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            # GPU machines are few and dear: a third of four is already one too many.
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1)
            if plan.gpus
            else aws.eks.NodeGroupUpdateConfigArgs(max_unavailable_percentage=33),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            tags=self._place.tagged(name),
            # The number of machines is the autoscaler's; an `up` would drain what it had added.
            opts=self._options([*ready, *args.after], ignore=["scalingConfig.desiredSize"]),
        )

    def _tags(self, name: str, plan: MachinePlan, group: aws.eks.NodeGroup) -> list[pulumi.Resource]:
        """Tags of a node group do not reach the Auto Scaling group behind it, which the autoscaler reads."""
        scaled = group.resources.apply(lambda made: made[0].autoscaling_groups[0].name)
        return [
            aws.autoscaling.Tag(
                f"{name}/{key}",
                autoscaling_group_name=scaled,
                tag=aws.autoscaling.TagTagArgs(key=key, value=value, propagate_at_launch=False),
                opts=self._options(),
            )
            for key, value in scaling_tags(plan, self._place.cluster).items()
        ]
