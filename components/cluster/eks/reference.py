"""A cluster whose AWS side is another stack's, read out of that stack's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.cluster.base import Cluster
from components.cluster.eks.handle import Handover, hand_over
from components.cluster.eks.place import Place, place_of
from components.cluster.eks.storage import storage_class
from components.cluster.fleet import SOFTWARE
from components.settings.eks.cluster import EksSettings
from components.settings.keys import PROJECT

INFRA, KUBECONFIG = "infra", "kubeconfig"
"""Outputs of the stack that makes the AWS side."""


def use_infrastructure(settings: EksSettings, *, small: bool) -> Cluster:
    """Hand over the cluster of the infra stack.

    Args:
        settings: The stack's cluster, the same as the infra stack's but for its part.
        small: Requests are lowered.
    """
    reference = pulumi.StackReference(INFRA, str(settings.stack.infra))
    told = reference.require_output(INFRA)
    place = infra_place(settings)
    karpenter = settings.autoscaler == "karpenter"
    found = Handover(
        # A secret output of a stack stays secret in every other.
        kubeconfig=reference.require_output(KUBECONFIG),
        vpc=_at(told, "vpc"),
        subnets={zone: _at(told, "subnets", zone) for zone in settings.zones},
        security_group=_at(told, "securityGroup"),
        node_role=_at(told, "nodeRole"),
        key_arn=_at(told, "keyArn") if settings.encryption.customer_key else None,
        roles={software: _at(told, "roles", software) for software in SOFTWARE[settings.autoscaler]},
        readers={name: _at(told, "readers", name) for name in named_readers(settings)},
        interruption_queue=_at(told, "interruptionQueue") if karpenter else None,
        instance_profile=_at(told, "instanceProfile") if karpenter else None,
    )
    cluster = hand_over(settings, place, found, small=small)
    if settings.stack.part == "platform":
        storage_class(
            found.key_arn,
            pulumi.ResourceOptions(provider=cluster.kubernetes),
            auto=settings.autoscaler == "auto",
        )
    return cluster


def infra_place(settings: EksSettings) -> Place:
    """The place of the infra stack's cluster: its name follows from that stack's."""
    stack = str(settings.stack.infra).rpartition("/")[2]
    return place_of(f"{PROJECT}-{stack}", settings.region, settings.tags)


def named_readers(settings: EksSettings) -> list[str]:
    """The services that model buckets name, each once."""
    return sorted({reader for bucket in settings.model_buckets.values() for reader in bucket.readers})


def _at(told: pulumi.Output[Any], *path: str) -> pulumi.Output[str]:
    def look(whole: Mapping[str, Any]) -> Any:
        found: Any = whole
        for key in path:
            found = found.get(key)
        return found

    return told.apply(look)
