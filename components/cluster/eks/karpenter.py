"""What Karpenter needs of AWS: the queue that tells of machines to be taken away, a profile, a role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.identity import Identity
from components.cluster.eks.karpenter_documents import make_machines, write_queue
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.fleet import ACCOUNTS

LONGEST_QUEUE = 80
"""Characters of a queue's name (SQS API, CreateQueue)."""
# Without the advice to rebalance: it comes long before most interruptions, and often before none.
EVENTS: Mapping[str, tuple[str, str]] = {
    "spot-interruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "state-change": ("aws.ec2", "EC2 Instance State-change Notification"),
    "health": ("aws.health", "AWS Health Event"),
}
"""What Karpenter reads (its documentation, "Interruption"): source and detail-type of events, by rule."""


@dataclass(frozen=True, kw_only=True)
class Args:
    """What it needs itself.

    Attributes:
        identity: How its pods become their role.
        node_role: Name of the machines' role.
        node_role_arn: Its ARN.
    """

    identity: Identity
    node_role: pulumi.Input[str]
    node_role_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What it gives.

    Attributes:
        role: ARN of its pods' role.
        queue: Name of the queue.
        instance_profile: Name of the machines' profile.
        ready: What its pods need from their start to their end.
    """

    role: pulumi.Output[str]
    queue: pulumi.Output[str]
    instance_profile: pulumi.Output[str]
    ready: tuple[pulumi.Resource, ...]


class Karpenter(Part):
    """The AWS side of Karpenter."""

    outputs: Outputs

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Karpenter", "karpenter", place, opts)
        queue, told = self._queue()
        profile = aws.iam.InstanceProfile(
            "machines",
            name=place.name("machines"),
            role=args.node_role,
            tags=place.tagged("machines"),
            opts=self._options(),
        )
        account = ACCOUNTS["karpenter"]
        document = pulumi.Output.all(queue.arn, args.node_role_arn, profile.arn).apply(
            lambda known: make_machines(place, known[0], known[1], known[2])
        )
        role = args.identity.role(
            account.name, account.namespace, account.name, inline={"machines": document}
        )
        bound = args.identity.associate(account.name, account.namespace, account.name, role)
        self.outputs = Outputs(
            role=role.arn,
            queue=queue.name,
            instance_profile=profile.name,
            ready=(queue, *told, profile, *role.ready, *([bound] if bound else [])),
        )
        self.register_outputs({})

    def _queue(self) -> tuple[aws.sqs.Queue, list[pulumi.Resource]]:
        place = self._place
        name = place.name("interruptions", LONGEST_QUEUE)
        queue = aws.sqs.Queue(
            "interruptions",
            name=name,
            # A machine that was taken away five minutes ago needs no warning any more.
            message_retention_seconds=300,
            sqs_managed_sse_enabled=True,
            tags=place.tagged("interruptions"),
            opts=self._options(),
        )
        rules = {event: self._rule(event, *pattern) for event, pattern in EVENTS.items()}
        policy = pulumi.Output.all(queue.arn, *(rule.arn for rule in rules.values())).apply(
            lambda arns: write_queue(arns[0], arns[1:])
        )
        written = aws.sqs.QueuePolicy(
            "interruptions", queue_url=queue.url, policy=policy, opts=self._options()
        )
        targets = [
            aws.cloudwatch.EventTarget(
                event, rule=rule.name, arn=queue.arn, target_id="interruptions", opts=self._options([written])
            )
            for event, rule in rules.items()
        ]
        return queue, [written, *targets]

    def _rule(self, event: str, source: str, detail_type: str) -> aws.cloudwatch.EventRule:
        return aws.cloudwatch.EventRule(
            event,
            name=self._place.name(event),
            event_pattern=json.dumps({"source": [source], "detail-type": [detail_type]}, sort_keys=True),
            tags=self._place.tagged(event),
            opts=self._options(),
        )
