"""Rules about sharing GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.facts.instances import WITH_MIG, find
from components.facts.mig import profiles_of
from components.settings.eks.derived import gpu_groups, types_are_known
from components.settings.parts import Parts, Rule
from components.settings.rules.eks.scope import eks_of, of_cluster

_IN_TURNS = ("timeSlicing", "mps")


def sharing_says_how_often(parts: Parts) -> Iterator[Problem]:
    """One GPU for one pod is no sharing; a number that nothing reads is a trap."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    gpu = cluster.gpu
    for key, value, modes, example in (
        ("replicas", gpu.replicas, _IN_TURNS, "replicas: 4"),
        ("migProfile", gpu.mig_profile, ("mig",), "migProfile: 1g.10gb"),
    ):
        if gpu.sharing in modes and value is None:
            yield of_cluster(
                "gpu",
                "sharing",
                value=gpu.sharing,
                what="does not say into how many parts",
                why=f"{gpu.sharing} needs `{key}`",
                fix=f"add `{example}` beside it, or another value",
            )
        if gpu.sharing not in modes and value is not None:
            yield of_cluster(
                "gpu",
                key,
                value=value,
                what=f"has no effect with sharing: {gpu.sharing}",
                why=f"it is for {' and '.join(modes)}",
                fix=f"remove it, or write sharing: {modes[0]}",
            )


def mig_is_of_gpus_that_have_it(parts: Parts) -> Iterator[Problem]:
    """Others cannot be cut, and the machine would show whole ones or none."""
    cluster = eks_of(parts)
    if cluster is None or cluster.gpu.sharing != "mig":
        return
    for name, group in gpu_groups(cluster).items():
        for index, each in enumerate(group.instance_types):
            instance = find(each)
            gpu = instance.gpu if instance else None
            if gpu is None:
                continue
            profile, known = cluster.gpu.mig_profile, profiles_of(gpu.name, gpu.memory_mib)
            if not gpu.mig:
                yield of_cluster(
                    "nodeGroups",
                    name,
                    "instanceTypes",
                    index,
                    value=each,
                    what="has no MIG",
                    why=f"{gpu.name} cannot be cut, and these can: {', '.join(sorted(WITH_MIG))}",
                    fix="choose another type, or kserve-platform:cluster.gpu.sharing: timeSlicing",
                )
            elif profile and known and profile not in known:
                yield of_cluster(
                    "gpu",
                    "migProfile",
                    value=profile,
                    what=f"is not a profile of {each}",
                    why=f"{gpu.name} can be cut into: {', '.join(known)}",
                    fix="write one of them",
                )


def sharing_has_gpus(parts: Parts) -> Iterator[Problem]:
    """GPU software without GPUs has no effect."""
    cluster = eks_of(parts)
    if cluster and cluster.gpu.model_fields_set and not gpu_groups(cluster) and types_are_known(cluster):
        yield of_cluster(
            "gpu",
            value=dict.fromkeys(cluster.gpu.model_fields_set),
            what="has no effect",
            why="no group has machines with GPUs",
            fix="remove it, or add a group with GPUs",
        )


def auto_mode_shares_no_gpus(parts: Parts) -> Iterator[Problem]:
    """Its machines have the device plugin built in, and AWS lets nobody configure it."""
    cluster = eks_of(parts)
    if cluster and cluster.autoscaler == "auto" and cluster.gpu.sharing != "none":
        yield of_cluster(
            "gpu",
            "sharing",
            value=cluster.gpu.sharing,
            what="does not go with autoscaler: auto",
            why="machines of EKS Auto Mode have the device plugin built in, and AWS lets nobody configure it",
            fix="remove it, or choose another kserve-platform:cluster.autoscaler",
        )


RULES: tuple[Rule, ...] = (
    sharing_says_how_often,
    mig_is_of_gpus_that_have_it,
    sharing_has_gpus,
    auto_mode_shares_no_gpus,
)
