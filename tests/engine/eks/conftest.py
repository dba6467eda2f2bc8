"""The double of AWS while tests run, and stacks on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain
from tests.aws.api import Api
from tests.aws.server.process import AwsDouble, running
from tests.engine.eks.cluster_double import ClusterDouble
from tests.engine.eks.stack import ROOT, Previewed, Stack
from tests.unit.kubernetes_provider.apidouble import ApiDouble

REGION = "us-west-2"


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsDouble]:
    """AWS on loopback; what it keeps outlives the engine's commands, and not the tests."""
    with running() as double:
        yield double


@pytest.fixture(scope="session")
def search_path() -> str:
    """The engine, this Python, the doubles of AWS's plugin and command, and our plugin for Kubernetes."""
    pulumi = Toolchain(Cache.default(), Silent()).ensure("pulumi")["pulumi"]
    ours = [ROOT / part for part in ("tests/aws/plugin/bin", "tests/engine/eks/bin", "providers/standin")]
    parts = [Path(sys.executable).parent, pulumi.parent, *ours]
    return os.pathsep.join([*map(str, parts), os.environ["PATH"]])


@pytest.fixture(scope="module")
def api(aws: AwsDouble) -> Api:
    """Somebody else in the account."""
    return Api(REGION, aws.url)


@pytest.fixture(scope="module")
def previewed(stack: Stack, aws: AwsDouble) -> Previewed:
    """The first thing in the life of a module's `stack`."""
    account = aws.inventory()
    return Previewed(stack.pulumi("preview"), account)


@pytest.fixture(scope="module")
def cluster(aws: AwsDouble, api: Api) -> Iterator[ClusterDouble]:
    """What answers behind the endpoint that AWS gives for eks-dev; afterwards it leads nowhere again."""
    double = ApiDouble()
    aws.endpoint(double.url)
    yield ClusterDouble("kserve-platform-eks-dev", double, api)
    aws.endpoint(None)
    double.close()
