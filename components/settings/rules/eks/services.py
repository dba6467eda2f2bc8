"""Rules about services on EKS: a pod that no machine can hold stays Pending for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from components.errors import Problem
from components.facts.allocatable import allocatable_cpu, allocatable_memory
from components.facts.instances import Instance
from components.settings.amounts import amount
from components.settings.eks.cluster import EksSettings
from components.settings.eks.derived import gpu_groups, gpu_of, instances_of, visible_gpus
from components.settings.eks.nodes import NodeGroup, Sharing
from components.settings.eks.readers import bucket_of
from components.settings.model import ModelService, Service
from components.settings.parts import Parts, Rule, wrong
from components.settings.rules.eks.scope import eks_of, of_cluster

_GIB = 2**30


def pool_of(cluster: EksSettings, service: Service) -> Mapping[str, NodeGroup]:
    """The groups where a service's pods find a place.

    The one that it names; else those without taints of their own, with GPUs if it asks for some.
    """
    groups = cluster.node_groups
    if isinstance(service, ModelService) and service.pool:
        return {service.pool: groups[service.pool]} if service.pool in groups else {}
    wanted = isinstance(service, ModelService) and bool(service.gpu)
    return {
        name: group
        for name, group in groups.items()
        if not group.taints and (gpu_of(group) is not None) == wanted
    }


def machines_of(pool: Mapping[str, NodeGroup]) -> list[Instance]:
    """Every type of machine in a pool."""
    return [instance for group in pool.values() for instance in instances_of(group)]


def gpus_fit_on_one_machine(parts: Parts) -> Iterator[Problem]:
    """A pod runs on one machine, so that its GPUs are of one."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    for name, service in parts.services.items():
        if not isinstance(service, ModelService) or not service.gpu:
            continue
        if cluster.gpu.sharing != "none":
            if service.gpu > 1:
                yield _several_shares(name, service, cluster.gpu.sharing)
            continue
        counts = {
            machine.name: machine.gpus for machine in machines_of(pool_of(cluster, service)) if machine.gpu
        }
        largest = max(counts, key=lambda each: counts[each], default=None)
        if largest and service.gpu > counts[largest]:
            yield wrong(
                "services",
                name,
                "gpu",
                value=service.gpu,
                what="is more than any machine has",
                why=f"a pod runs on one machine, and {largest}, the largest, has {counts[largest]}",
                fix=f"write {counts[largest]} or less, or add a group with larger machines",
            )


def _several_shares(name: str, service: ModelService, sharing: Sharing) -> Problem:
    """Of several shares a pod gets no more than of one, which it is refused for before it pays for them.

    Parts of MIG have walls, and CUDA sees one of them: "a single CUDA process can only enumerate a single MIG
    device" (NVIDIA, MIG user guide, "CUDA_VISIBLE_DEVICES"; so does a maintainer in issue 728 of
    k8s-device-plugin).
    """
    why = f"with {sharing} two shares may be of the same GPU, and give no more of it"
    if sharing == "mig":
        why = "with mig a program sees one part of a GPU, however many its pod has"
    return wrong(
        "services",
        name,
        "gpu",
        value=service.gpu,
        what="asks for several shares of GPUs",
        why=why,
        fix="write 1, or remove kserve-platform:cluster.gpu.sharing",
    )


def memory_and_cpu_fit_on_one_machine(parts: Parts) -> Iterator[Problem]:
    """What the scheduler sets aside for a pod must be there on one machine of its pool."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    for name, service in parts.services.items():
        machines = machines_of(pool_of(cluster, service))
        for key, room, unit in (
            ("memory", allocatable_memory, _GIB),
            ("cpu", allocatable_cpu, 1),
        ):
            kind = "requests" if getattr(service.resources.requests, key) else "limits"
            asked = getattr(getattr(service.resources, kind), key)
            largest = max(machines, key=room, default=None)
            if asked and largest and amount(asked) > room(largest):
                most = f"{float(Fraction(room(largest)) / unit):.4g}{'Gi' if key == 'memory' else ''}"
                yield wrong(
                    "services",
                    name,
                    "resources",
                    kind,
                    key,
                    value=asked,
                    what="is more than any machine of its pool has",
                    why=f"{largest.name}, the largest, has {most} for pods",
                    fix="ask for less, or add a group with larger machines",
                )


def one_machine_has_it_all(parts: Parts) -> Iterator[Problem]:
    """GPUs of one machine and memory of another make no place for a pod."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    for name, service in parts.services.items():
        machines = machines_of(pool_of(cluster, service))
        wants = [_wants(cluster, service, machine) for machine in machines]
        each_fits = wants and all(any(column) for column in zip(*wants, strict=True))
        if each_fits and not any(all(row) for row in wants):
            yield wrong(
                "services",
                name,
                "resources",
                value=service.resources.model_dump(),
                what="fit on no machine all together",
                why="GPUs, memory and CPU are each on some machine of the pool, and a pod runs on one",
                fix="ask for less, or add a group with larger machines",
            )


def _wants(cluster: EksSettings, service: Service, machine: Instance) -> tuple[bool, bool, bool]:
    """Whether a machine has the GPUs, the memory and the CPU of one pod."""
    gpus = service.gpu if isinstance(service, ModelService) else 0
    there = visible_gpus(cluster, machine.gpu) if machine.gpu else 0
    memory, cpu = _asked(service, "memory"), _asked(service, "cpu")
    return gpus <= there, memory <= allocatable_memory(machine), cpu <= allocatable_cpu(machine)


def _asked(service: Service, key: str) -> Fraction:
    """What the scheduler sets aside: the request, or the limit where there is none."""
    resources = service.resources
    asked = getattr(resources.requests, key) or getattr(resources.limits, key)
    return amount(asked) if asked else Fraction(0)


def pools_are_of_their_services(parts: Parts) -> Iterator[Problem]:
    """A pod that may go nowhere stays Pending; one without a GPU among GPUs keeps others from them."""
    cluster = eks_of(parts)
    for name, service in parts.services.items():
        if not isinstance(service, ModelService) or parts.cluster is None:
            continue
        pool = service.pool
        group = cluster.node_groups.get(pool) if cluster and pool else None
        if pool and cluster is None:
            what, why = "has no effect", "only clusters that this project makes in AWS have groups"
            fix = "remove it"
        elif pool and cluster and group is None:
            what, why = "is no group of the cluster", f"the groups are: {', '.join(cluster.node_groups)}"
            fix = "write one of them, or add it to kserve-platform:cluster.nodeGroups"
        elif group and service.gpu and gpu_of(group) is None:
            what, why = "has no GPUs", f"the service asks for {service.gpu}, and a pod runs on one machine"
            fix = "write a group with GPUs, or remove `gpu`"
        elif group and not service.gpu and gpu_of(group):
            what, why = "has GPUs that the service does not ask for", "they would be paid for and lie idle"
            fix = "write a group without GPUs, or add `gpu: 1`"
        else:
            continue
        yield wrong("services", name, "pool", value=pool, what=what, why=why, fix=fix)


def gpus_can_be_reached(parts: Parts) -> Iterator[Problem]:
    """A group with taints of its own takes the pods of services that name it, and no others."""
    cluster = eks_of(parts)
    if cluster is None or not gpu_groups(cluster):
        return
    for name, service in parts.services.items():
        asks = isinstance(service, ModelService) and service.gpu and not service.pool
        if asks and not pool_of(cluster, service):
            yield wrong(
                "services",
                name,
                "gpu",
                value=service.gpu if isinstance(service, ModelService) else 0,
                what="asks for GPUs that keep its pods away",
                why="every group with GPUs has taints of its own",
                fix=f"add `pool:` with one of: {', '.join(gpu_groups(cluster))}",
            )


def all_replicas_find_gpus(parts: Parts) -> Iterator[Problem]:
    """Replicas that must always run need machines that may run."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    groups = gpu_groups(cluster).values()
    there = sum(visible_gpus(cluster, gpu) * group.max_size for group in groups if (gpu := gpu_of(group)))
    for name, service in parts.services.items():
        needed = service.gpu * service.min_replicas if isinstance(service, ModelService) else 0
        if there and needed > there:
            yield wrong(
                "services",
                name,
                "minReplicas",
                value=service.min_replicas,
                what="needs more GPUs than all groups may have",
                why=f"they need {needed}, and all groups at their maxSize have {there}",
                fix="lower it, or raise maxSize of a group with GPUs",
            )


def buckets_can_be_read(parts: Parts) -> Iterator[Problem]:
    """Predictors may read the buckets of the stack, and nothing else in S3."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    known = [bucket.bucket for bucket in cluster.model_buckets.values()]
    for name, service in parts.services.items():
        bucket = bucket_of(service)
        if bucket and bucket not in known and isinstance(service, ModelService):
            yield wrong(
                "services",
                name,
                "storageUri",
                value=service.storage_uri,
                what="is in a bucket that predictors may not read",
                why=f"kserve-platform:cluster.modelBuckets has: {', '.join(known) or 'none'}",
                fix="add the bucket there, with `create: false` if it is there already",
            )


def readers_are_the_services(parts: Parts) -> Iterator[Problem]:
    """A role of nobody's is a right that nobody looks after; a missing one, a model that never loads."""
    cluster = eks_of(parts)
    if cluster is None:
        return
    for key, bucket in cluster.model_buckets.items():
        if cluster.stack.part == "infra":
            if not bucket.readers:
                yield of_cluster(
                    "modelBuckets",
                    key,
                    value=bucket.bucket,
                    what="is read by nobody",
                    why="the services are in another stack, so that their rights are given by name",
                    fix="add `readers:` with the names of the services whose models lie in it",
                )
            continue
        for index, reader in enumerate(bucket.readers):
            if reader not in parts.services and cluster.stack.part != "platform":
                yield of_cluster(
                    "modelBuckets",
                    key,
                    "readers",
                    index,
                    value=reader,
                    what="is no service of this stack",
                    why=f"the services are: {', '.join(parts.services) or 'none'}",
                    fix="remove it, or add the service",
                )
        for name, service in parts.services.items():
            needed = bucket.readers or cluster.stack.part == "services"
            if bucket_of(service) == bucket.bucket and needed and name not in bucket.readers:
                yield of_cluster(
                    "modelBuckets",
                    key,
                    "readers",
                    value=[*bucket.readers],
                    what=f"leaves out {name}, whose model lies in it",
                    why="who is named may read the bucket, and nobody else",
                    fix=f"add {name}, also in the stack file with `part: infra`",
                )


RULES: tuple[Rule, ...] = (
    pools_are_of_their_services,
    gpus_can_be_reached,
    gpus_fit_on_one_machine,
    memory_and_cpu_fit_on_one_machine,
    one_machine_has_it_all,
    all_replicas_find_gpus,
    buckets_can_be_read,
    readers_are_the_services,
)
