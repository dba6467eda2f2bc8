"""A cluster whose AWS side is another stack's, read out of that stack's outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from components.cluster.base import Cluster
from components.cluster.eks.handle import Handover, hand_over
from components.cluster.eks.place import Place, place_of
from components.cluster.eks.storage import storage_class
from components.cluster.fleet import SOFTWARE
from components.errors import PlatformError, Problem
from components.settings.eks.cluster import EksSettings
from components.settings.keys import PROJECT

INFRA, KUBECONFIG = "infra", "kubeconfig"
"""Outputs of the stack that makes the AWS side."""


class NotExported(PlatformError, pulumi.RunError):
    """What the infra stack does not say.

    It is seen when the engine has read that stack, after the program's last line: nothing of ours catches it
    there, and of a RunError the SDK prints the text alone.
    """


def use_infrastructure(settings: EksSettings, *, small: bool) -> Cluster:
    """Hand over the cluster of the infra stack.

    Args:
        settings: The stack's cluster, the same as the infra stack's but for its part.
        small: Requests are lowered.

    Raises:
        NotExported: Later, of the outputs: the infra stack has not been up, or was so with other settings.
    """
    reference = pulumi.StackReference(INFRA, str(settings.stack.infra))
    told = reference.get_output(INFRA).apply(_checked(settings, INFRA, exported_paths(settings)))
    place = infra_place(settings)
    karpenter = settings.autoscaler == "karpenter"
    found = Handover(
        # A secret output of a stack stays secret in every other.
        kubeconfig=reference.get_output(KUBECONFIG).apply(_checked(settings, KUBECONFIG, [()])),
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


def exported_paths(settings: EksSettings) -> list[tuple[str, ...]]:
    """Where the infra stack's output holds what this one cannot do without.

    The rest is null where a cluster has none of it: a key, Karpenter's queue, a role that pools name.
    """
    paths: list[tuple[str, ...]] = [("vpc",), ("securityGroup",)]
    paths += [("subnets", zone) for zone in settings.zones]
    paths += [("roles", software) for software in SOFTWARE[settings.autoscaler]]
    paths += [("readers", name) for name in named_readers(settings)]
    if settings.encryption.customer_key:
        paths.append(("keyArn",))
    if settings.autoscaler == "karpenter":
        paths += [("interruptionQueue",), ("instanceProfile",)]
    if settings.autoscaler == "auto":
        paths.append(("nodeRole",))
    return paths


def _checked(settings: EksSettings, output: str, paths: list[tuple[str, ...]]) -> Callable[[Any], Any]:
    infra = str(settings.stack.infra)

    def check(told: Any) -> Any:
        missing = [".".join((output, *path)) for path in paths if _look(told, path) is None]
        if missing:
            raise NotExported(
                Problem(
                    what=f"the stack {infra} does not say what this one needs of it",
                    key="kserve-platform:cluster.stack.infra",
                    seen=f"without {', '.join(missing)}",
                    why="it has not been up yet, or was so with other settings of the cluster than these",
                    fix=f"bring it up first: make up STACK={infra.rpartition('/')[2]}",
                )
            )
        return told

    return check


def _at(told: pulumi.Output[Any], *path: str) -> pulumi.Output[str]:
    return told.apply(lambda whole: _look(whole, path))


def _look(told: Any, path: tuple[str, ...]) -> Any:
    found = told
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
