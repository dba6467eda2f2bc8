"""The AWS side of the EKS stacks on the double of the engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cluster.eks.create import create_eks
from components.settings.eks.cluster import EksSettings
from components.settings.eks.readers import readers_of
from components.settings.load import load
from tests.components.mocks import Recorder

STACKS = Path(__file__).parents[3] / "stacks"
PREFIX = "kserve-platform"

Run = Callable[..., Recorder]


def stack_config(stack: str) -> dict[str, Any]:
    """What a stack file says, as the engine hands it over."""
    whole = yaml.safe_load((STACKS / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return dict(whole["config"])


def eks_settings(stack: str, **changes: Any) -> EksSettings:
    """The cluster of a stack file, some of its keys changed."""
    config = stack_config(stack)
    config[f"{PREFIX}:cluster"] = {**config[f"{PREFIX}:cluster"], **changes}
    settings = load(config).cluster
    assert isinstance(settings, EksSettings)
    return settings


@cache
def _whole(stack: str) -> Recorder:
    return record(eks_settings(stack), stack)


def record(settings: EksSettings, stack: str, *, preview: bool = False) -> Recorder:
    """Run the cluster's part of the program."""
    recorder = Recorder(stack=stack, preview=preview)
    readers = readers_of(settings, load(stack_config(stack)).services)
    recorder.run(lambda: create_eks(settings, stack, small=False, readers=readers))
    return recorder


@pytest.fixture
def run() -> Run:
    """Run a stack's cluster; one that is not changed runs once for all tests, which only look at it."""

    def of(stack: str = "eks-prod", *, preview: bool = False, **changes: Any) -> Recorder:
        if not changes and not preview:
            return _whole(stack)
        return record(eks_settings(stack, **changes), stack, preview=preview)

    return of
