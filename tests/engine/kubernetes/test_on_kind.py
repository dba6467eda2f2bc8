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
from tests.cluster.kind.conftest import Clusters, clusters, images
from tests.engine.kubernetes.conftest import make_stack
from tests.engine.kubernetes.test_state_swap import revealed
from tests.unit.kubernetes_provider.recorded import FIXTURES

pytestmark = pytest.mark.cluster
__all__ = ["clusters", "images"]

_SHELL = "docker.io/rancher/local-path-provisioner:v0.0.30"
_PROGRAM = """
def pods(app, command="sleep 3600", **more):
    container = {"name": "c", "image": "IMAGE", "imagePullPolicy": "Never",
                 "command": ["/bin/sh", "-c", command], **more}
    return {"metadata": {"labels": {"app": app}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}

def meta(name):
    return {"name": name, "namespace": "default", "annotations": {"pulumi.com/timeoutSeconds": "25"}}

def workload(kind, name, template, **spec):
    kind(name, metadata=meta(name),
         spec={"selector": {"matchLabels": {"app": name}}, "template": template, **spec})

missing = {"image": "docker.io/library/missing:1"}
workload(k8s.apps.v1.Deployment, "image", pods("image", **missing))
workload(k8s.apps.v1.StatefulSet, "crash", pods("crash", "exit 1"), serviceName="crash")
workload(k8s.apps.v1.DaemonSet, "everywhere", pods("everywhere", **missing))
job = pods("job", "exit 3")
job["spec"]["restartPolicy"] = "Never"
k8s.batch.v1.Job("job", metadata=meta("job"), spec={"backoffLimit": 0, "template": job})
lost = pods("lost")["spec"]
k8s.core.v1.Pod("lost", metadata=meta("lost"), spec={**lost, "nodeSelector": {"no": "such"}})
k8s.core.v1.Service("address", metadata=meta("address"),
                    spec={"type": "LoadBalancer", "ports": [{"port": 1}]})
k8s.core.v1.PersistentVolumeClaim(
    "claim", metadata=meta("claim"),
    spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "none",
          "resources": {"requests": {"storage": "1Gi"}}})
k8s.apps.v1.Deployment("good", metadata=meta("good"),
                       spec={"selector": {"matchLabels": {"app": "good"}}, "template": pods("good")})
""".replace("IMAGE", _SHELL)
# Which of them the last look before the deadline meets depends on how often the container has crashed so far:
# it has just ended, or it waits to be started again (CrashLoopBackOff), or it just was.
_CRASHED = re.compile(r'container "c" (completed with exit code 1|terminated at \S+Z \(Error: exit code 1\))')


@pytest.fixture
def kubeconfig(clusters: Clusters) -> str:
    made = clusters.create(clusters.inputs("standin"))
    text: str = made["kubeconfig"].value if hasattr(made["kubeconfig"], "value") else made["kubeconfig"]
    return text


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
    kubeconfig: str, tmp_path: Path, search_path: str
) -> None:
    for name, resources in (("twelve", 13), ("await", 11)):
        stack = make_stack(tmp_path, search_path, kubeconfig, name, project="state-swap")
        (stack.folder / "__main__.py").write_text(
            (FIXTURES / "state" / "program" / "__main__.py").read_text()
        )
        recorded = (FIXTURES / "state" / f"{name}.json").read_text().replace("example.test/shell:1", _SHELL)
        recorded = recorded.replace("@KUBECONFIG@", stack.variables["KUBECONFIG"])
        (stack.folder / "state.json").write_text(recorded)
        stack.pulumi("config", "set", "image", _SHELL)
        assert stack.pulumi("stack", "import", "--file", "state.json").status == 0
        _make_objects(kubeconfig, json.loads(recorded)["deployment"]["resources"])

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
    kubeconfig: str, tmp_path: Path, search_path: str
) -> None:
    stack = make_stack(tmp_path, search_path, kubeconfig, "failures")
    stack.program(_PROGRAM)

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
    ):
        assert text in failed.output, failed.output
    assert _CRASHED.search(failed.output), failed.output
    assert set(stack.state()) >= {"image", "crash", "everywhere", "job", "lost", "address", "claim", "good"}
    assert "initErrors" not in stack.state()["good"]
    assert stack.pulumi("destroy", "--yes", "--skip-preview").status == 0
