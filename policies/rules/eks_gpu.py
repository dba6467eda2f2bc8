"""What GPU nodes must be: kept for those who ask for a GPU, able to use it, and gone when nobody does.

Facts: the node group API spells effects NO_SCHEDULE, Kubernetes NoSchedule; tags of a node group do not reach
its Auto Scaling group (eksctl issue 1571), so the autoscaler learns a group of zero nodes from tags that are
resources of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.aws.node_groups import (
    DEFAULT_AMI,
    GPU_KEY,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    has_gpus,
    instance_types,
    is_nvidia,
    known_machines,
    machines,
)
from policies.aws.node_pools import NODE_POOL, may_have_gpus, only_spot
from policies.aws.view import View, ask_stack, dotted, of, told
from policies.rule import Context, Finding, Level, Levels, Rule, Severity
from policies.unknown import known

ASG_TAG = "aws:autoscaling/tag:Tag"
_NODES = (NODE_GROUP, LAUNCH_TEMPLATE)
_HINT = "k8s.io/cluster-autoscaler/node-template"
_SUCCESSORS = {"AL2_x86_64_GPU": "AL2023_x86_64_NVIDIA", "AL2_ARM_64": "AL2023_ARM_64_STANDARD"}
_MANDATORY = Levels(dev=Level.MANDATORY, staging=Level.MANDATORY, prod=Level.MANDATORY)


def _is_gpu(view: View) -> bool:
    return may_have_gpus(view) if view.resource.type == NODE_POOL else has_gpus(view)


def _tainted(view: View, _: Context) -> Iterator[Finding]:
    if not _is_gpu(view):
        return
    in_pool = view.resource.type == NODE_POOL
    path = ("spec", "template", "spec", "taints") if in_pool else ("taints",)
    keeping = ("NoSchedule", "NoExecute") if in_pool else ("NO_SCHEDULE", "NO_EXECUTE")
    effects = [one.get("effect") for one in view.get(*path, default=[]) if one.get("key") == GPU_KEY]
    if any(effect in keeping for effect in effects):
        return
    yield view.wrong(
        dotted(path),
        f"{GPU_KEY} {told(effects)}" if effects else None,
        why="pods without a GPU would fill the node, keep it from going, and those with one would wait",
        fix=f"add a taint {GPU_KEY} with effect {keeping[0]}"
        + (", or rule GPUs out by instance-gpu-count DoesNotExist" if in_pool else ""),
    )


def _labelled(view: View, context: Context) -> Iterator[Finding]:
    if not _is_gpu(view):
        return
    path = ("spec", "template", "metadata", "labels") if view.resource.type == NODE_POOL else ("labels",)
    labels = view.get(*path, default={})
    for key, value in context.options["labels"].items():
        if labels.get(key) != value:
            yield view.wrong(
                f"{dotted(path)}[{key}]",
                labels.get(key),
                why="the device plugin and services find GPU nodes by it",
                fix=f'write "{value}"',
            )


def _image_has_the_driver(group: View, _: Context) -> Iterator[Finding]:
    ami = group.get("amiType", default=DEFAULT_AMI)
    if ami == "CUSTOM":
        return  # what is in an image of one's own, only its owner knows
    for machine in machines(group):
        if machine.gpus and not is_nvidia(ami):
            yield group.wrong(
                "amiType",
                group.peek("amiType"),
                why=f"{machine.name} has GPUs, and this image no driver for them",
                fix="write AL2023_x86_64_NVIDIA or BOTTLEROCKET_x86_64_NVIDIA"
                if machine.architecture == "x86_64"
                else "write AL2023_ARM_64_NVIDIA or BOTTLEROCKET_ARM_64_NVIDIA",
            )
        elif is_nvidia(ami) and not machine.gpus:
            yield group.wrong(
                "instanceTypes",
                machine.name,
                why=f"it has no GPU, and {ami} is an image for GPUs: the device plugin would fail on it",
                fix="choose a type with GPUs, or AL2023_x86_64_STANDARD",
            )


def _image_is_of_the_architecture(group: View, _: Context) -> Iterator[Finding]:
    ami = group.get("amiType", default=DEFAULT_AMI)
    image = "arm64" if "_ARM_64" in ami else "x86_64" if "_x86_64" in ami else None
    for machine in machines(group):
        if image and machine.architecture != image:
            yield group.wrong(
                "instanceTypes",
                machine.name,
                why=f"its processor is {machine.architecture}, and {ami} is for {image}",
                fix="let types and amiType be of one architecture",
            )


def _image_is_maintained(group: View, _: Context) -> Iterator[Finding]:
    ami = group.get("amiType", default=DEFAULT_AMI)
    if ami.startswith("AL2_"):
        yield group.wrong(
            "amiType",
            ami,
            why="Amazon Linux 2 ended on 2025-11-26, and Kubernetes 1.33 and later have no image of it",
            fix=f"write {_SUCCESSORS.get(ami, DEFAULT_AMI)}",
        )


def _types_are_in_the_catalogue(group: View, _: Context) -> Iterator[Finding]:
    types = instance_types(group)
    missing = [name for name in types if not known_machines([name])]
    if missing and is_nvidia(group.get("amiType", default=DEFAULT_AMI)):
        yield group.wrong(
            "instanceTypes",
            told(missing),
            why="the catalogue does not have it, so its GPUs, memory and architecture cannot be checked",
            fix="correct its name, or add it to components/facts/instances.yaml",
        )


def _desired_size_is_the_autoscalers(group: View, _: Context) -> Iterator[Finding]:
    if not has_gpus(group) or group.get("scalingConfig", "minSize", default=0) > 0:
        return
    ignored = {"scalingConfig", "scalingConfig.desiredSize", '["scalingConfig"]["desiredSize"]'}
    if not ignored & set(group.resource.ignore_changes):
        yield group.wrong(
            "ignoreChanges",
            told(group.resource.ignore_changes) if group.resource.ignore_changes else None,
            why="each `up` would set the number of nodes back, under the feet of running models",
            fix="add scalingConfig.desiredSize to ignoreChanges",
        )


def _autoscaler_knows_an_empty_group(group: View, _: Context) -> Iterator[Finding]:
    if not has_gpus(group) or group.get("scalingConfig", "minSize", default=0) > 0:
        return
    wanted = [f"{_HINT}/taint/{one['key']}" for one in group.get("taints", default=[])]
    wanted += [f"{_HINT}/label/{key}" for key in group.get("labels", default={})]
    tags = group.others(ASG_TAG)
    keys, blind = set(), []
    for tag in tags:
        if not _tags(tag, group):
            continue
        key = tag.peek("tag", "key")
        if known(key):
            keys.add(key)
        else:
            blind.append(tag)
    yield from (tag.blind("tag.key") for tag in blind)
    missing = [] if blind else [key for key in wanted if key not in keys]
    for key in missing:
        yield group.wrong(
            "scalingConfig.minSize",
            0,
            why=f"the autoscaler has no node to learn from and no tag {key}: pods that need it wait for ever",
            fix=f"tag the group's Auto Scaling group with {key} (aws.autoscaling.Tag)",
        )


def _tags(tag: View, group: View) -> bool:
    """Whether a tag is on the group's Auto Scaling group; its name is one of the group's outputs."""
    urns = (
        *tag.resource.property_dependencies.get("autoscalingGroupName", ()),
        *tag.resource.dependencies,
    )
    if group.resource.urn in urns:
        return True
    name = tag.peek("autoscalingGroupName")
    resources = group.peek("resources")
    return (
        known(name)
        and known(resources)
        and any(
            known(asg) and name == asg.get("name")
            for one in resources or []
            if known(one)
            for asg in one.get("autoscalingGroups") or []
        )
    )


def _pool_has_a_limit(pool: View, _: Context) -> Iterator[Finding]:
    if may_have_gpus(pool) and pool.get("spec", "limits", GPU_KEY) is None:
        yield pool.wrong(
            f"spec.limits[{GPU_KEY}]",
            None,
            why="Karpenter starts GPU nodes for as long as pods ask for them",
            fix="write how many GPUs the pool may have, or 0",
        )


def _gpus_outlive_spot(group: View, _: Context) -> Iterator[Finding]:
    if group.get("capacityType", default="ON_DEMAND") != "SPOT" or not has_gpus(group):
        return
    names = _gpu_names(group)
    others = [one for one in group.others(NODE_GROUP) if one.resource.urn != group.resource.urn]
    for name in sorted(names):
        if not any(_keeps(other, name) for other in others):
            yield group.wrong(
                "capacityType",
                "SPOT",
                why=f"it is the only kind of capacity with {name}: when AWS takes it back, no model runs",
                fix=f"add a group with {name} of type ON_DEMAND or CAPACITY_BLOCK",
            )


def _pool_outlives_spot(pool: View, _: Context) -> Iterator[Finding]:
    if not may_have_gpus(pool) or not only_spot(pool):
        return
    others = [one for one in pool.others(NODE_POOL) if one.resource.urn != pool.resource.urn]
    if not any(may_have_gpus(other) and not only_spot(other) for other in others):
        yield pool.wrong(
            "spec.template.spec.requirements",
            "karpenter.sh/capacity-type In spot",
            why="no pool of the stack has GPUs of another kind: when AWS takes them back, no model runs",
            fix="add on-demand or reserved to it, or a second pool with one of them",
        )


def _keeps(group: View, name: str) -> bool:
    return (
        group.get("capacityType", default="ON_DEMAND") != "SPOT"
        and name in _gpu_names(group)
        and group.get("scalingConfig", "maxSize", default=0) > 0
    )


def _gpu_names(group: View) -> set[str]:
    return {machine.gpu.name for machine in machines(group) if machine.gpu}


RULES = (
    Rule(
        id="gpu-nodes-tainted",
        title="Nodes with GPUs are tainted and labelled, so that only those who need a GPU come there",
        severity=Severity.HIGH,
        levels=_MANDATORY,
        types=(*_NODES, NODE_POOL),
        check_stack=ask_stack([NODE_GROUP, NODE_POOL], _tainted, _labelled),
        options={"labels": {"nvidia.com/gpu.present": "true"}},
    ),
    Rule(
        id="gpu-ami-matches-type",
        title="A node's image has the driver for its GPUs, and is of its architecture",
        severity=Severity.HIGH,
        levels=_MANDATORY,
        types=_NODES,
        check_stack=ask_stack(
            [NODE_GROUP],
            _image_has_the_driver,
            _image_is_of_the_architecture,
            _image_is_maintained,
            _types_are_in_the_catalogue,
        ),
    ),
    Rule(
        id="gpu-nodes-scale-from-zero",
        title="GPU nodes come when a pod asks for one, up to a limit, and go when none does",
        severity=Severity.MEDIUM,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(*_NODES, NODE_POOL, ASG_TAG),
        check_stack=ask_stack(
            [NODE_GROUP, NODE_POOL],
            of([NODE_GROUP], _desired_size_is_the_autoscalers),
            of([NODE_GROUP], _autoscaler_knows_an_empty_group),
            of([NODE_POOL], _pool_has_a_limit),
        ),
    ),
    Rule(
        id="spot-not-only-pool",
        title="No kind of GPU is to be had as spot capacity alone",
        severity=Severity.MEDIUM,
        levels=Levels(dev=Level.OFF, staging=Level.ADVISORY, prod=Level.MANDATORY),
        types=(*_NODES, NODE_POOL),
        check_stack=ask_stack(
            [NODE_GROUP, NODE_POOL],
            of([NODE_GROUP], _gpus_outlive_spot),
            of([NODE_POOL], _pool_outlives_spot),
        ),
    ),
)
