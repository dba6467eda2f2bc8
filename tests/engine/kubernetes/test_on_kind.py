"""The official provider's stacks and failing rollouts on a real kind cluster."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from providers.kubeclient.client import ApiError
from providers.kubernetes.cluster import Cluster
from providers.kubernetes.normalise import DASHED, rename_keys
from providers.kubernetes.settings import Settings
from tests.engine.kubernetes.conftest import end, make_stack
from tests.engine.kubernetes.test_state_swap import revealed
from tests.engine.kubernetes.waits import FAILING, READY
from tests.engine.kubernetes.world import SHELL
from tests.unit.kubernetes_provider.recorded import FIXTURES

pytestmark = pytest.mark.cluster
_ADDRESS = "192.0.2.7"
# Which of them the last look before the deadline meets depends on how often the container has crashed so far:
# it has just ended, or it waits to be started again (CrashLoopBackOff), or it just was.
_CRASHED = re.compile(r'container "c" (completed with exit code 1|terminated at \S+Z \(Error: exit code 1\))')


def _make_objects(kubeconfig: str, resources: list[dict[str, Any]]) -> None:
    """Create the objects of a recorded state, as the official provider did."""
    cluster = Cluster(Settings(kubeconfig=kubeconfig), lambda _: None, threading.Event())
    ours = [one for one in resources if one["type"].startswith("kubernetes:")]
    ours.sort(key=lambda one: not one["type"].endswith(("Namespace", "CustomResourceDefinition")))
    for resource in ours:
        obj = rename_keys(revealed(resource["outputs"]["__inputs"]), DASHED)
        deadline = time.monotonic() + 30
        while True:
            try:
                if resource["type"].endswith("Patch"):
                    cluster.apply(obj, resource["outputs"]["__fieldManager"], force=False)
                else:
                    cluster.create(obj)
                break
            except ApiError as error:
                if not error.gone or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)  # its kind, or its namespace's own first objects, are on their way
    cluster.close()


def test_stacks_of_the_official_provider_are_continued_on_a_real_cluster(
    kind_kubeconfig: str, tmp_path: Path, search_path: str
) -> None:
    for name, resources in (("twelve", 13), ("await", 11)):
        stack = make_stack(tmp_path, search_path, kind_kubeconfig, name, project="state-swap")
        (stack.folder / "__main__.py").write_text(
            (FIXTURES / "state" / "program" / "__main__.py").read_text()
        )
        recorded = (FIXTURES / "state" / f"{name}.json").read_text().replace("example.test/shell:1", SHELL)
        recorded = recorded.replace("@KUBECONFIG@", stack.variables["KUBECONFIG"])
        (stack.folder / "state.json").write_text(recorded)
        stack.pulumi("config", "set", "image", SHELL)
        assert stack.pulumi("stack", "import", "--file", "state.json").status == 0
        _make_objects(kind_kubeconfig, json.loads(recorded)["deployment"]["resources"])

        before = stack.pulumi("preview", "--expect-no-changes")
        _until_healthy(stack)
        after = stack.pulumi("preview", "--expect-no-changes")
        destroyed = stack.pulumi("destroy", "--yes", "--skip-preview")

        assert before.status == 0, before.output
        assert after.status == 0, after.output
        assert destroyed.counts() == {"deleted": resources}, destroyed.output


def _until_healthy(stack: Any) -> None:
    """Refresh until every object is ready: their controllers have just begun."""
    deadline = time.monotonic() + 90
    while True:
        refreshed = stack.pulumi("refresh", "--yes", "--skip-preview")
        if "unhealthy state" not in refreshed.output:
            assert refreshed.status == 0, refreshed.output
            return
        assert time.monotonic() < deadline, refreshed.output


def test_failing_rollouts_tell_their_causes_on_a_real_cluster(
    kind_kubeconfig: str, tmp_path: Path, search_path: str
) -> None:
    stack = make_stack(tmp_path, search_path, kind_kubeconfig, "failures")
    stack.program(FAILING)

    failed = stack.up("--continue-on-error")

    for text in (
        '[ErrImageNeverPull] Container image "docker.io/library/missing:1" is not present',
        "'crash' timed out waiting to be Ready",
        "0 out of 1 Pods are available",
        "Resource 'job' was created but failed to initialize",
        'container "c" completed with exit code 3',
        "Unschedulable: 0/1 nodes are available",
        "Service was not allocated an IP address",
        '[ProvisioningFailed] storageclass.storage.k8s.io "none" not found',
        "Ingress has a rule for the Service 'nobody', which has no ready endpoints",
        "Ingress .status.loadBalancer field was not updated with a hostname/IP address",
        '[ServiceNotFound] service/gone in "default" is not present',
    ):
        assert text in failed.output, failed.output
    assert _CRASHED.search(failed.output), failed.output
    failing = {"image", "crash", "everywhere", "job", "lost", "address", "claim", "web", "served"}
    assert {name for name, one in stack.state().items() if one.get("initErrors")} == failing
    assert "good" in stack.state()
    assert stack.pulumi("destroy", "--yes", "--skip-preview").status == 0


def test_everything_that_is_waited_for_becomes_ready_on_a_real_cluster(
    kind_kubeconfig: str, tmp_path: Path, search_path: str
) -> None:
    stack = make_stack(tmp_path, search_path, kind_kubeconfig, "ready")
    stack.program(READY)
    process = stack.start("up", "--yes", "--skip-preview")
    try:
        for api_version, kind, name in (
            ("v1", "Service", "outside"),
            ("networking.k8s.io/v1", "Ingress", "web"),
        ):
            _give_address(kind_kubeconfig, api_version, kind, name)
        output, _ = process.communicate(timeout=240)
    finally:
        end(process)

    assert process.returncode == 0, output
    outputs = {name: one.get("outputs") or {} for name, one in stack.state().items()}
    live = {name: one.get("status") or {} for name, one in outputs.items()}
    assert live["claim"]["phase"] == "Bound"
    assert {live[name]["phase"] for name in ("disk", "spare")} <= {"Available", "Bound"}
    for name in ("web", "outside"):
        assert live[name]["loadBalancer"]["ingress"][0]["ip"] == _ADDRESS
    again = stack.pulumi("preview", "--diff", "--expect-no-changes")
    assert again.status == 0, again.output
    destroyed = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert destroyed.status == 0, destroyed.output


def _give_address(kubeconfig: str, api_version: str, kind: str, name: str) -> None:
    """Do what a cloud's controllers would: a kind cluster has none."""
    cluster = Cluster(Settings(kubeconfig=kubeconfig), lambda _: None, threading.Event())
    obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "ready"}}
    patch = {"status": {"loadBalancer": {"ingress": [{"ip": _ADDRESS}]}}}
    deadline = time.monotonic() + 90
    while True:
        try:
            path = f"{cluster.path(obj)}/status"
            cluster.client().send("PATCH", path, {}, patch, "application/merge-patch+json")
            break
        except ApiError as error:
            if not error.gone or time.monotonic() > deadline:
                raise
            time.sleep(0.2)  # the stack has not made it yet
    cluster.close()
