"""What layers are told of a cluster is the same, whether this stack made it or another did."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.cluster.base import Cluster
from components.cluster.create import create_infra
from components.cluster.eks.create import create_eks
from components.cluster.eks.reference import use_infrastructure
from components.cluster.fleet import PodRole
from components.errors import PlatformError
from components.settings.eks.cluster import EksSettings
from components.settings.eks.readers import readers_of
from components.settings.load import load
from tests.components.eks.conftest import stack_config
from tests.components.mocks import Recorder, Secret

STACK = "eks-prod-infra"
REFERENCE = f"organization/kserve-platform/{STACK}"
MODELS = {"models": {"bucket": "example-org-kserve-models", "readers": ["torchserve"]}}
# What settings say of a fleet is the same by itself; models of settings are no outputs.
SETTINGS = {"groups", "gpu", "load_balancer", "existing"}


def _settings(stack: str, part: dict[str, str], changes: dict[str, Any]) -> EksSettings:
    config = stack_config(stack)
    del config["kserve-platform:services"]
    config["kserve-platform:cluster"] |= {"stack": part, "modelBuckets": MODELS, **changes}
    cluster = load(config).cluster
    assert isinstance(cluster, EksSettings)
    return cluster


def _told(cluster: Cluster) -> dict[str, Any]:
    assert cluster.fleet is not None
    return {name: value for name, value in vars(cluster.fleet).items() if name not in SETTINGS} | {
        "roles": {name: _role(role) for name, role in cluster.fleet.roles.items()},
        "readers": {name: _role(role) for name, role in cluster.fleet.readers.items()},
    }


def _role(role: PodRole) -> dict[str, Any]:
    return {"account": vars(role.account), "annotations": dict(role.annotations)}


def _record(settings: EksSettings, stacks: dict[str, Any] | None = None) -> tuple[dict[str, Any], set[str]]:
    """What a fleet says once all is known, and which of it is not there at all."""
    absent: set[str] = set()

    def program() -> None:
        if stacks is None:
            cluster = create_eks(settings, STACK, small=False, readers=readers_of(settings, {}))
        else:
            cluster = use_infrastructure(settings, small=False)
        told = _told(cluster)
        absent.update(name for name, value in told.items() if value is None)
        pulumi.export("fleet", told)
        pulumi.export("kubeconfig", cluster.kubeconfig)

    recorder = Recorder(stack=STACK, stacks=stacks or {})
    recorder.run(program)
    return recorder.exports, absent


@pytest.mark.parametrize(
    ("stack", "changes"),
    [
        ("eks-prod", {}),
        ("eks-prod", {"identity": "irsa"}),
        ("eks-prod", {"autoscaler": "karpenter"}),
        ("eks-prod", {"autoscaler": "auto"}),
        ("eks-dev", {}),
    ],
    ids=["production", "irsa", "karpenter", "auto-mode", "without-a-key"],
)
def test_a_fleet_out_of_another_stack_is_the_one_that_was_made(stack: str, changes: dict[str, Any]) -> None:
    settings = _settings(stack, {"part": "infra"}, changes)
    above = _settings(stack, {"part": "platform", "infra": REFERENCE}, changes)
    infra = Recorder(stack=STACK)
    infra.run(lambda: [pulumi.export(*each) for each in create_infra(settings, STACK).items()])

    found, made = _record(above, {REFERENCE: infra.exports}), _record(settings)

    assert found == made
    assert isinstance(found[0]["kubeconfig"], Secret)


def _exported(autoscaler: str, *path: str) -> tuple[EksSettings, dict[str, Any]]:
    """Settings of a stack above, and what its infra stack exports but for one value."""
    infra = Recorder(stack=STACK)
    settings = _settings("eks-prod", {"part": "infra"}, {"autoscaler": autoscaler})
    infra.run(lambda: [pulumi.export(*each) for each in create_infra(settings, STACK).items()])
    *above, last = path
    found = infra.exports
    for key in above:
        found = found[key]
    del found[last]
    changes = {"autoscaler": autoscaler}
    return _settings("eks-prod", {"part": "platform", "infra": REFERENCE}, changes), infra.exports


@pytest.mark.parametrize(
    ("autoscaler", "path", "missing"),
    [
        ("clusterAutoscaler", ("infra", "vpc"), "infra.vpc"),
        ("clusterAutoscaler", ("infra", "keyArn"), "infra.keyArn"),
        ("clusterAutoscaler", ("infra", "subnets", "us-west-2b"), "infra.subnets.us-west-2b"),
        ("clusterAutoscaler", ("infra", "readers"), "infra.readers.torchserve"),
        ("karpenter", ("infra", "interruptionQueue"), "infra.interruptionQueue"),
        ("auto", ("infra", "nodeRole"), "infra.nodeRole"),
        ("clusterAutoscaler", ("kubeconfig",), "kubeconfig"),
    ],
)
def test_what_the_infra_stack_does_not_export_is_named_together_with_that_stack(
    autoscaler: str, path: tuple[str, ...], missing: str
) -> None:
    settings, exports = _exported(autoscaler, *path)

    with pytest.raises(PlatformError) as refused:
        _record(settings, {REFERENCE: exports})

    assert str(refused.value) == (
        f"kserve-platform:cluster.stack.infra: the stack {REFERENCE} does not say what this one needs of it\n"
        f"  seen: without {missing}\n"
        "  why:  it has not been up yet, or was so with other settings of the cluster than these\n"
        f"  do:   bring it up first: make up STACK={STACK}"
    )
    # The SDK prints the text of these alone, and of all others a stack trace.
    assert isinstance(refused.value, pulumi.RunError)


def test_what_a_cluster_has_none_of_may_be_missing_in_the_infra_stacks_outputs() -> None:
    settings, exports = _exported("clusterAutoscaler", "infra", "interruptionQueue")

    found, _ = _record(settings, {REFERENCE: exports})

    assert found["fleet"]["vpc"] == exports["infra"]["vpc"]
