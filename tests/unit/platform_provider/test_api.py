"""What the plugin asks of an API server, word by word."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from providers.platform.api import Api
from tests.engine.platform.api_server import ApiServerDouble

_POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "serving"}}


@pytest.fixture
def server() -> Iterator[ApiServerDouble]:
    double = ApiServerDouble()
    yield double
    double.close()


@pytest.mark.parametrize(
    ("seconds", "query"),
    [(None, "dryRun=All"), (3, "dryRun=All&timeout=3s")],
    ids=["no-limit", "3-s"],
)
def test_a_dry_run_creates_nothing_and_says_how_long_it_may_take(
    server: ApiServerDouble, seconds: int | None, query: str
) -> None:
    api = Api(server.kubeconfig, None, threading.Event())
    api.dry_run_create(_POD, seconds)
    api.close()
    assert server.posted == [f"/api/v1/namespaces/serving/pods?{query}"]
