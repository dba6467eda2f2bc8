"""Rules about the stack as a whole: its part, its version of Kubernetes, add-ons and budget."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.errors import Problem
from components.facts.kubernetes_support import AS_OF, DEFAULT, VERSIONS, support_of, supported
from components.facts.regions import ADDONS
from components.settings.eks.derived import gpu_of
from components.settings.parts import Parts, Rule, wrong
from components.settings.places import nearest
from components.settings.rules.cluster import OLDEST_KUBERNETES, version_pair
from components.settings.rules.eks.scope import eks_of, of_cluster

_NEEDED = {"all": (), "infra": (), "platform": ("infra",), "services": ("infra", "platform")}


def parts_refer_to_what_is_below_them(parts: Parts) -> Iterator[Problem]:
    """A part reads what the parts below it made out of their stacks."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    needed = _NEEDED[cluster.stack.part]
    for name, value in (("infra", cluster.stack.infra), ("platform", cluster.stack.platform)):
        if name in needed and value is None:
            yield of_cluster(
                "stack",
                "part",
                value=cluster.stack.part,
                what=f"does not say which stack is its {name}",
                why=f"{cluster.stack.part} is put onto what {name} made",
                fix=f"add `{name}:` beside it, e.g. organization/kserve-platform/eks-prod-{name}",
            )
        if name not in needed and value is not None:
            yield of_cluster(
                "stack",
                name,
                value=value,
                what="has no effect",
                why=f"the part {cluster.stack.part} makes that itself, or needs nothing of it",
                fix="remove it",
            )


def parts_below_have_no_services(parts: Parts) -> Iterator[Problem]:
    """A service in a stack that makes none would be thought to run."""
    cluster = eks_of(parts)
    if cluster is None or cluster.stack.part not in {"infra", "platform"}:
        return
    for name in parts.services:
        yield wrong(
            "services",
            name,
            value=name,
            what="would not be made",
            why=f"kserve-platform:cluster.stack.part is {cluster.stack.part}",
            fix="move it to the stack file with `part: services`",
        )


def kubernetes_is_offered(parts: Parts) -> Iterator[Problem]:
    """EKS refuses other versions, and upgrades those whose support has ended by itself."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    version, extended = cluster.kubernetes_version, cluster.support == "extended"
    # Another rule tells of versions that are too old for Knative.
    offered = [each for each in supported(extended=extended) if version_pair(each) >= OLDEST_KUBERNETES]
    if version in offered or version_pair(version) < OLDEST_KUBERNETES:
        return
    if version not in VERSIONS:
        yield of_cluster(
            "kubernetesVersion",
            value=version,
            what="is no version that EKS offers",
            why=f"on {AS_OF} it offered: {', '.join(offered)}",
            fix=f'write "{DEFAULT}", or add a newer one to components/facts/kubernetes_support.py',
        )
        return
    yield of_cluster(
        "kubernetesVersion",
        value=version,
        what="is out of support",
        why=f"EKS ended its {cluster.support} support on {support_of(version).until(extended=extended)}",
        fix=f'write "{DEFAULT}"'
        + ("" if extended else ", or set `support: extended`, at six times the price"),
    )


def addons_are_known(parts: Parts) -> Iterator[Problem]:
    """A pin of an add-on that is not installed pins nothing; a moving one is no pin."""
    cluster = eks_of(parts)
    for name, version in cluster.addon_versions.items() if cluster else ():
        if name not in ADDONS:
            near = nearest(name, ADDONS)
            yield of_cluster(
                "addonVersions",
                name,
                value=name,
                what="is no add-on of this project",
                why=f"the add-ons are: {', '.join(ADDONS)}",
                fix=f"write {near}" if near else "remove it",
            )
        elif not re.fullmatch(r"v\d+\.\d+\.\d+-eksbuild\.\d+", version):
            yield of_cluster(
                "addonVersions",
                name,
                value=version,
                what="is not a version of an add-on",
                why="EKS names each build, and anything else moves or is refused",
                fix="write it like v1.20.4-eksbuild.1",
            )


def gpus_are_within_the_budget(parts: Parts) -> Iterator[Problem]:
    """A budget that the stack itself may exceed holds nobody."""
    cluster = eks_of(parts)
    if cluster is None or cluster.budget.gpus is None:
        return
    groups = cluster.node_groups.values()
    most = sum(gpu.count * group.max_size for group in groups if (gpu := gpu_of(group)))
    if most > cluster.budget.gpus:
        yield of_cluster(
            "budget",
            "gpus",
            value=cluster.budget.gpus,
            what="is less than the groups may have",
            why=f"all groups at their maxSize have {most}",
            fix=f"write {most} or more, or lower maxSize of a group with GPUs",
        )


RULES: tuple[Rule, ...] = (
    parts_refer_to_what_is_below_them,
    parts_below_have_no_services,
    kubernetes_is_offered,
    addons_are_known,
    gpus_are_within_the_budget,
)
