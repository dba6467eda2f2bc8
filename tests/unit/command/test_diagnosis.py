"""A diagnosis as a person reads it, and where it looks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from command.diagnosis.reader import Reader, reading
from command.diagnosis.report import Diagnosis, diagnose_service, diagnose_workload, in_words
from command.diagnosis.resource import Diagnostician, target_of
from command.engine.progress import Failure
from components.errors import PlatformError
from machine.process import CommandFailed
from tests.unit.command.cluster_objects import Object, condition, container, pod, ready, thing, waiting

REVISION = "torchserve-predictor-00001"


class Cluster:
    """A double of kubectl: answers out of a table of `kind/name`, lists and logs."""

    def __init__(
        self, objects: dict[str, Object], lists: dict[str, list[Object]], logs: dict[str, str]
    ) -> None:
        self.objects = objects
        self.lists = lists
        self.logs = logs
        self.asked: list[list[str]] = []

    def __call__(self, arguments: Sequence[str]) -> str:
        self.asked.append(list(arguments))
        if arguments[0] == "logs":
            name = arguments[arguments.index("--container") + 1]
            if name not in self.logs:
                raise CommandFailed(["kubectl"], 1, "previous terminated container not found")
            return self.logs[name]
        if arguments[2].startswith("-"):
            return json.dumps({"items": self.lists.get(arguments[1], [])})
        found = self.objects.get(f"{arguments[1].partition('.')[0]}/{arguments[2]}")
        return json.dumps(found) if found else ""


@pytest.fixture
def cluster() -> Cluster:
    """A predictor whose model container crashes."""
    crashing = container(
        "kserve-container",
        restarts=3,
        last={"exitCode": 1, "reason": "Error"},
        waiting={"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"},
    )
    knative = {"services/torchserve-predictor": waiting("torchserve-predictor", "RevisionMissing")}
    newest = {"latestCreatedRevisionName": REVISION}
    return Cluster(
        {
            "inferenceservices/torchserve": waiting("torchserve", "PredictorNotReady"),
            **knative,
            "configurations/torchserve-predictor": waiting("torchserve-predictor", "Failed", **newest),
            f"revisions/{REVISION}": waiting(REVISION, "Deploying"),
            f"deployments/{REVISION}-deployment": thing(
                f"{REVISION}-deployment", condition("Available", "False", "MinimumReplicasUnavailable")
            ),
        },
        {
            "pods": [pod("torchserve-p", container("queue-proxy", running={}), crashing)],
            "events": [
                {"type": "Warning", "reason": "BackOff", "message": "Back-off\n restarting", "count": 4}
            ],
        },
        {"kserve-container": "loading model\nno such file: mnist.mar\n"},
    )


def test_a_crashing_model_is_traced_to_its_container_and_last_words(cluster: Cluster) -> None:
    assert str(diagnose_service(Reader(cluster), "kserve-test", "torchserve")) == (
        "  ✗ InferenceService torchserve: PredictorNotReady\n"
        "  ✗ Knative Service torchserve-predictor: RevisionMissing\n"
        "  ✗ Configuration torchserve-predictor: Failed\n"
        "  ✗ Revision torchserve-predictor-00001: Deploying\n"
        "  ✗ Deployment torchserve-predictor-00001-deployment: MinimumReplicasUnavailable\n"
        "  ✗ Pod torchserve-p: CrashLoopBackOff, Error (exit code 1), "
        "back-off 40s restarting failed container\n"
        "\n"
        "First broken link: Pod torchserve-p: CrashLoopBackOff, Error (exit code 1), "
        "back-off 40s restarting failed container\n"
        "Events:\n"
        "  Warning BackOff (x4): Back-off restarting\n"
        "Last lines of kserve-container:\n"
        "  loading model\n"
        "  no such file: mnist.mar"
    )


def test_the_log_of_the_run_that_crashed_is_read(cluster: Cluster) -> None:
    diagnose_service(Reader(cluster), "kserve-test", "torchserve")
    assert [call for call in cluster.asked if call[0] == "logs"] == [
        [
            "logs", "torchserve-p", "--namespace", "kserve-test",
            "--tail=20", "--container", "kserve-container", "--previous",
        ]
    ]  # fmt: skip


def test_a_container_that_never_ran_has_no_log_to_read(cluster: Cluster) -> None:
    never = container("kserve-container", waiting={"reason": "ErrImageNeverPull"})
    cluster.lists["pods"] = [pod("torchserve-p", never)]
    found = diagnose_service(Reader(cluster), "kserve-test", "torchserve")
    assert found.said == ""
    assert str(found).endswith("The image is not on the node: `make images` lists what is.")


def test_a_log_that_cannot_be_read_is_left_out(cluster: Cluster) -> None:
    cluster.logs.clear()
    assert diagnose_service(Reader(cluster), "kserve-test", "torchserve").said == ""


def test_a_healthy_service_has_no_broken_link(cluster: Cluster) -> None:
    healthy = {name: ready(name.partition("/")[2]) for name in cluster.objects}
    healthy["configurations/torchserve-predictor"]["status"]["latestCreatedRevisionName"] = REVISION
    healthy[f"deployments/{REVISION}-deployment"] = thing("d", condition("Available"))
    cluster.objects = healthy
    cluster.lists["pods"] = [pod("p", container("kserve-container", ready=True, running={}), is_ready=True)]
    assert "First broken link" not in str(diagnose_service(Reader(cluster), "kserve-test", "torchserve"))


def test_a_workload_is_judged_by_itself_and_its_pods() -> None:
    deployment = {
        **thing("istiod", condition("Available", "False", "MinimumReplicasUnavailable", "no replica")),
        "spec": {"selector": {"matchLabels": {"app": "istiod", "a": "b"}}},
    }
    cluster = Cluster({"deployments/istiod": deployment}, {"pods": []}, {})
    found = diagnose_workload(Reader(cluster), "istio-system", "deployments.apps", "istiod")
    assert str(found) == (
        "  ✗ Deployment istiod: MinimumReplicasUnavailable, no replica\n"
        "  · Pod: not there\n"
        "\n"
        "First broken link: Deployment istiod: MinimumReplicasUnavailable, no replica"
    )
    assert cluster.asked[1][4:6] == ["--selector", "a=b,app=istiod"]


def test_an_event_is_one_line() -> None:
    event = {"type": "Normal", "reason": "Pulled", "message": "Container image\nalready present"}
    assert in_words(event) == "Normal Pulled: Container image already present"


GATE = "torchserve-answers: InferenceService kserve-test/torchserve is not Ready: RevisionMissing"


@pytest.mark.parametrize(
    ("failure", "target"),
    [
        (("Deployment istiod", "istio-system/istiod", ""), ("Deployment", "istio-system", "istiod")),
        (("Deployment istiod", "", ""), None),
        (("ConfigMap a", "b/a", ""), None),
        (("Gate torchserve-answers", "", GATE), ("InferenceService", "kserve-test", "torchserve")),
    ],
    ids=["a workload", "one that was not made", "one without readiness", "a gate"],
)
def test_what_to_look_at_follows_from_what_failed(
    failure: tuple[str, str, str], target: tuple[str, str, str] | None
) -> None:
    resource, identity, text = failure
    assert target_of(Failure("step", resource, "urn", identity, text)) == target


def test_a_failed_gate_is_followed_to_the_service_that_it_names(cluster: Cluster) -> None:
    diagnose = Diagnostician(lambda: nullcontext(Reader(cluster)))
    assert "no such file: mnist.mar" in diagnose(Failure("s", "Gate torchserve-answers", "urn", "", GATE))


def test_a_cluster_that_cannot_be_asked_is_no_second_failure() -> None:
    def unreachable() -> nullcontext[Reader]:
        raise PlatformError.single("No Docker Engine runs", fix="Start it.")

    said = Diagnostician(unreachable)(Failure("s", "Gate a", "urn", "", GATE))
    assert said == "  (the cluster cannot be asked: No Docker Engine runs)"


def test_a_kubeconfig_is_its_owners_only_and_gone_afterwards(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text('#!/bin/sh\nstat -c %a "$2"\ncat "$2" >&2\necho "$2"\n')
    program.chmod(0o755)
    with reading("the secret", lambda *command: [str(one) for one in command], program) as reader:
        mode, file = reader.kubectl(["get", "pods"]).split()
        assert Path(file).read_text() == "the secret"
    assert mode == "600"
    assert not Path(file).exists()


def test_nothing_broken_prints_the_chain_only() -> None:
    assert str(Diagnosis([], None)) == ""
