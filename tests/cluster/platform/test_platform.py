"""What the README promises, on the real thing: one platform, looked at and disturbed from outside."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from machine.docker import ensure_engine
from machine.docker.namespaces import mount_points
from machine.process import run
from machine.progress import Silent
from machine.toolchain import Toolchain
from tests.unit.serving.gpu_examples import gpu_examples

from .conftest import STACK, Platform

pytestmark = pytest.mark.cluster

# A deadline, not the measure: how long it takes is for the soak to say.
_RECOVERY_SECONDS = 300.0


def test_make_up_ends_with_a_line_that_asks_again(platform: Platform) -> None:
    line = re.search(r"^\s+(curl .+)$", platform.up, re.MULTILINE)
    assert line, platform.up
    asked = subprocess.run(["bash", "-c", f"{line[1]} -s"], capture_output=True, text=True, check=True)
    assert json.loads(asked.stdout) == {"predictions": [platform.digit()]}


def test_verify_asks_for_a_prediction_an_explanation_and_a_v2_inference(platform: Platform) -> None:
    output = platform.must("verify")
    assert [line.split()[0] for line in output.splitlines() if line.startswith("  ")] == ["✓", "✓", "✓"]


def test_a_second_make_up_changes_nothing(platform: Platform) -> None:
    output = platform.must("up")
    assert re.search(r": done in .+ \(\d+ unchanged\)$", output, re.MULTILINE), output


def test_a_preview_after_up_expects_no_change_and_leaves_the_checkout_clean(platform: Platform) -> None:
    preview = platform.shell("pulumi preview --expect-no-changes --non-interactive")
    assert preview.status == 0, preview.output
    assert platform.git("status", "--porcelain") == ""


def test_kubectl_and_docker_as_typed_see_the_stacks_cluster_and_engine(platform: Platform) -> None:
    node = f"kserve-platform-{STACK}-control-plane"
    assert platform.kubectl("get", "nodes", "--output=name").splitlines()[-1] == f"node/{node}"
    docker = platform.shell("docker ps --format '{{.Names}}' && stat --format=%a $KUBECONFIG")
    lines = docker.output.splitlines()
    assert node in lines, docker.output  # beside those of other stacks
    assert lines[-1] == "600"


def test_kserve_takes_the_examples_of_gpu_services(platform: Platform, tmp_path: Path) -> None:
    """As a server-side dry run: the API server and KServe's webhooks look at all of it, and nothing stays."""
    for name, manifest in gpu_examples().items():
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(manifest))
        answered = platform.kubectl(
            "apply", "--server-side", "--dry-run=server", "--force-conflicts", f"-f={file}"
        )
        assert f"inferenceservice.serving.kserve.io/{name} serverside-applied (server dry run)" in answered


def test_what_somebody_edits_or_deletes_by_hand_comes_back(platform: Platform) -> None:
    platform.kubectl("-n", "knative-serving", "delete", "configmap", "config-domain")
    domain = '{"data":{"ingressDomain":"edited.by.hand"}}'
    platform.kubectl("-n", "knative-serving", "patch", "configmap", "config-network", "-p", domain)
    refreshed = platform.shell("pulumi refresh --yes --non-interactive --skip-preview")
    assert refreshed.status == 0, refreshed.output
    platform.must("up")
    assert "example.com" in platform.kubectl(
        "-n", "knative-serving", "get", "cm", "config-domain", "-o", "json"
    )
    assert platform.post("/v1/models/mnist:predict", platform.request())[0] == 200


def test_a_changed_setting_updates_just_what_depends_on_it(platform: Platform) -> None:
    """Two resources: the InferenceService, and the gate that waits for its new revision."""
    platform.configure(", maxReplicas: 4")
    output = platform.must("up")
    platform.configure()
    assert re.search(r": done in .+ \(2 updated, \d+ unchanged\)$", output, re.MULTILINE), output
    platform.must("up")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/models/mnist:predict", b"this is not JSON", 400),
        ("/v1/models/mnist:predict", b'{"inputs": []}', 400),
        ("/v1/models/mnist:predict", b'{"instances": [{"data": [[1, 2], [3]]}]}', 400),
        ("/v1/models/nobody:predict", b'{"instances": []}', 404),
        ("/v2/models/nobody/infer", b'{"inputs": []}', 404),
        ("/v1/models/mnist:predict", b'{"instances": ["' + b"x" * 20_000_000 + b'"]}', 413),
    ],
    ids=["not-json", "wrong-member", "wrong-shape", "unknown-model", "unknown-model-v2", "twenty-megabytes"],
)
def test_a_wrong_request_gets_the_protocols_error_and_the_pod_lives(
    platform: Platform, path: str, body: bytes, status: int
) -> None:
    before = restarts(platform)
    answered, text = platform.post(path, body)
    assert (answered, list(json.loads(text))) == (status, ["error"])
    assert platform.post("/v1/models/mnist:predict", platform.request())[0] == 200
    assert restarts(platform) == before


def test_a_killed_node_answers_again_with_the_same_model(platform: Platform) -> None:
    node = f"kserve-platform-{STACK}-control-plane"
    endpoint = ensure_engine(platform.cache, Toolchain(platform.cache, Silent()))
    for verb in ("kill", "start"):
        run(endpoint.command("docker", verb, node), environment=endpoint.environment())
    assert answers_within(platform, _RECOVERY_SECONDS) == {"predictions": [platform.digit()]}


def test_make_down_leaves_nothing_outside_the_cache(platform: Platform) -> None:
    output = platform.must("down")
    assert f"The stack {STACK} is down" in output
    name = f"kserve-platform-{STACK}"
    left = {
        "mounts": [point for point, _ in mount_points() if name in point],
        "processes": [pid for pid, command in processes() if name in command],
        "clusters": [path.name for path in platform.cache.folder("clusters").glob(f"{name}*")],
        "state": list(platform.cache.folder("state", "backend", ".pulumi", "stacks").rglob(f"{STACK}.json")),
        "changed files": platform.git("status", "--porcelain"),
    }
    assert not any(left.values()), left


def processes() -> Iterator[tuple[str, str]]:
    """Every process of the machine: its id and command line."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            yield entry.name, (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue


def restarts(platform: Platform) -> str:
    """Name and restarts of every container of the service's newest revision; older ones may go meanwhile."""
    newest = "jsonpath={.status.components.predictor.latestReadyRevision}"
    revision = platform.kubectl("get", "inferenceservice", "torchserve", "-n", "kserve-test", "-o", newest)
    return platform.kubectl(
        "get",
        "pods",
        "-n",
        "kserve-test",
        "-l",
        f"serving.knative.dev/revision={revision}",
        "-o",
        "jsonpath={range .items[*]}{.metadata.name}{.status.containerStatuses[*].restartCount};{end}",
    )


def answers_within(platform: Platform, seconds: float) -> object:
    """What the model answers as soon as it does."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            status, text = platform.post("/v1/models/mnist:predict", platform.request(), seconds=5)
        except OSError as error:
            last = error
        else:
            if status == 200:
                return json.loads(text)
            last = (status, text)
        time.sleep(0.5)
    return last
