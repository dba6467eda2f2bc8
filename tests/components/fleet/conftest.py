"""Whole EKS stacks on the double of the engine: AWS, what machines need, the platform and its services."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pulumi
import pytest

from components.cluster.eks.create import create_eks
from components.layers.platform import install
from components.serving.exports import exports
from components.serving.services import serve
from components.settings.eks.cluster import EksSettings
from components.settings.eks.readers import readers_of
from components.settings.load import load
from tests.components.eks.conftest import stack_config
from tests.components.manifests import rendered_by_hand
from tests.components.mocks import Recorder

Run = Callable[..., Recorder]


def record(
    stack: str,
    *,
    preview: bool = False,
    platform: dict[str, Any] | None = None,
    services: dict[str, Any] | None = None,
    **changes: Any,
) -> Recorder:
    """Run a stack's whole program, some keys of its cluster changed."""
    config = stack_config(stack)
    config["kserve-platform:cluster"] = {**config["kserve-platform:cluster"], **changes}
    config["kserve-platform:platform"] = {**config["kserve-platform:platform"], **(platform or {})}
    if services is not None:
        config["kserve-platform:services"] = services
    settings = load(config)
    assert isinstance(settings.cluster, EksSettings)
    eks = settings.cluster
    rendered = rendered_by_hand(settings.platform.ingress_class, built=False, autoscaler=eks.autoscaler)

    def program() -> None:
        cluster = create_eks(eks, stack, small=False, readers=readers_of(eks, settings.services))
        installed = install(cluster, settings, rendered)
        for name, value in exports(cluster, settings, installed, serve(cluster, settings, installed)).items():
            pulumi.export(name, value)

    recorder = Recorder(stack=stack, preview=preview)
    recorder.run(program)
    return recorder


@cache
def _whole(stack: str, autoscaler: str) -> Recorder:
    return record(stack, autoscaler=autoscaler)


@pytest.fixture
def run() -> Run:
    """Run a stack; one that is not changed runs once for all tests, which only look at it."""

    def of(stack: str = "eks-dev", autoscaler: str = "clusterAutoscaler", **changes: Any) -> Recorder:
        if not changes:
            return _whole(stack, autoscaler)
        return record(stack, autoscaler=autoscaler, **changes)

    return of
