"""Rules about services: their sizes and scaling."""

from __future__ import annotations

from collections.abc import Iterator

from components.errors import Problem
from components.settings.amounts import amount
from components.settings.eks.derived import gpu_groups, types_are_known
from components.settings.keys import Path
from components.settings.model import (
    EksSettings,
    ExistingSettings,
    ModelService,
    Resources,
    Scaled,
    Transformer,
)
from components.settings.parts import Parts, Rule, wrong


def replicas_are_in_order(parts: Parts) -> Iterator[Problem]:
    """KServe's webhook refuses crossed bounds."""
    for path, scaled in _scaled(parts):
        if scaled.max_replicas is not None and scaled.min_replicas > scaled.max_replicas:
            how = "" if "min_replicas" in scaled.model_fields_set else " by default"
            yield wrong(
                *path,
                "maxReplicas",
                value=scaled.max_replicas,
                what="is less than minReplicas",
                why=f"minReplicas is {scaled.min_replicas}{how}",
                fix=f"write {scaled.min_replicas} or more, or lower minReplicas",
            )


def _scaled(parts: Parts) -> Iterator[tuple[Path, Scaled | Transformer]]:
    """What has replicas of its own: every service, and its transformer."""
    for name, service in parts.services.items():
        yield ("services", name), service
        if isinstance(service, ModelService) and service.transformer:
            yield ("services", name, "transformer"), service.transformer


def zero_replicas_need_knative(parts: Parts) -> Iterator[Problem]:
    """Plain Deployments have nobody who would hold a request until a pod is there."""
    if parts.platform is None or parts.platform.mode == "knative":
        return
    for path, scaled in _scaled(parts):
        if scaled.min_replicas == 0:
            yield wrong(
                *path,
                "minReplicas",
                value=0,
                what="is zero in standard mode",
                why="only Knative holds a request until a pod has started",
                fix="write 1 or more, or set kserve-platform:platform.mode to knative",
            )


def concurrency_needs_knative(parts: Parts) -> Iterator[Problem]:
    """Without Knative's queue-proxy nobody counts requests in flight."""
    if parts.platform is None or parts.platform.mode == "knative":
        return
    for name, service in parts.services.items():
        for key, value in (
            ("containerConcurrency", service.container_concurrency),
            ("target", service.target),
        ):
            if value:
                yield wrong(
                    "services",
                    name,
                    key,
                    value=value,
                    what="has no effect in standard mode",
                    why="requests in flight are counted by Knative's queue-proxy",
                    fix="remove it, or set kserve-platform:platform.mode to knative",
                )


def target_is_within_the_limit(parts: Parts) -> Iterator[Problem]:
    """A pod that may have 4 requests never reaches 10, so the autoscaler would never add one."""
    for name, service in parts.services.items():
        limit = service.container_concurrency
        if service.target is not None and 0 < limit < service.target:
            yield wrong(
                "services",
                name,
                "target",
                value=service.target,
                what="is more than containerConcurrency",
                why=f"a pod takes at most {limit} at a time, so the target is never reached",
                fix=f"write {limit} or less, or raise containerConcurrency",
            )


def requests_are_within_limits(parts: Parts) -> Iterator[Problem]:
    """The API server refuses a container that asks for more than it may use."""
    for path, resources in _resources(parts):
        for key in ("cpu", "memory"):
            asked, most = getattr(resources.requests, key), getattr(resources.limits, key)
            if asked is not None and most is not None and amount(asked) > amount(most):
                yield wrong(
                    *path,
                    "requests",
                    key,
                    value=asked,
                    what="is more than the limit",
                    why=f"the limit is {most}",
                    fix=f"write {most} or less, or raise the limit",
                )


def names_leave_room_for_a_transformer(parts: Parts) -> Iterator[Problem]:
    """Knative makes a host of a service's name with -transformer behind it, and refuses a longer label."""
    longest = 63 - len("-transformer")
    for name, service in parts.services.items():
        if isinstance(service, ModelService) and service.transformer and len(name) > longest:
            yield wrong(
                "services",
                name,
                value=name,
                what=f"is longer than {longest} letters and has a transformer",
                why="with -transformer behind it, it must fit into the 63 letters of a host's label",
                fix="shorten it",
            )


def _resources(parts: Parts) -> Iterator[tuple[Path, Resources]]:
    if parts.platform:
        options = parts.platform.kserve
        for key, resources in (
            ("predictorResources", options.predictor_resources),
            ("storageInitializerResources", options.storage_initializer_resources),
        ):
            if resources:
                yield ("platform", "kserve", key), resources
    for path, scaled in _scaled(parts):
        yield (*path, "resources"), scaled.resources


def gpus_are_there(parts: Parts) -> Iterator[Problem]:
    """A pod that asks for a GPU where there is none stays Pending for ever."""
    cluster = parts.cluster
    if cluster is None or isinstance(cluster, ExistingSettings):
        return
    if isinstance(cluster, EksSettings):
        if gpu_groups(cluster) or not types_are_known(cluster):
            return
        fix = "add a group with GPUs to kserve-platform:cluster.nodeGroups, or remove the key"
    else:
        fix = "remove the key, or use a cluster with GPUs"
    for name, service in parts.services.items():
        if isinstance(service, ModelService) and service.gpu:
            yield wrong(
                "services",
                name,
                "gpu",
                value=service.gpu,
                what="asks for GPUs that the cluster does not have",
                why=f"no node of this {cluster.provider} cluster has one",
                fix=fix,
            )


RULES: tuple[Rule, ...] = (
    replicas_are_in_order,
    zero_replicas_need_knative,
    concurrency_needs_knative,
    target_is_within_the_limit,
    requests_are_within_limits,
    names_leave_room_for_a_transformer,
    gpus_are_there,
)
