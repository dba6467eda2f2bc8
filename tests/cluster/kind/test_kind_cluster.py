"""Real kind clusters: made, found again, brought back, compared, and gone without a trace."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from components.errors import PlatformError
from machine.docker.ports import listen
from providers.platform.kind.places import ClusterPlaces
from providers.platform.kind.resource import KindCluster
from tests.cluster.kind.conftest import (
    Clusters,
    Standing,
    dns_is_ready,
    kill_and_wait,
    running_pods,
    wait_for,
)
from tests.docker.conftest import NOTHING, Traces

pytestmark = pytest.mark.cluster


def test_it_answers_on_the_loopback_address_only(standing: Standing) -> None:
    port = int(standing.outputs["endpoint"].removeprefix("https://127.0.0.1:"))
    for open_port in (port, standing.inputs["nodes"][0]["extraPortMappings"][0]["hostPort"]):
        socket.create_connection(("127.0.0.1", open_port), timeout=5).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((_own_address(), open_port), timeout=5)


def test_the_control_plane_asks_for_next_to_no_cpu(standing: Standing) -> None:
    requests = [
        container["resources"].get("requests", {}).get("cpu")
        for pod in standing.api.list_objects("v1", "Pod", "kube-system")
        for container in pod["spec"]["containers"]
    ]
    assert set(requests) <= {"10m", None}


def test_its_images_were_there_and_none_was_pulled(standing: Standing) -> None:
    reasons = {event["reason"] for event in standing.api.list_objects("v1", "Event", "kube-system")}
    assert "Pulled" in reasons
    assert "Pulling" not in reasons


def test_what_an_interrupted_run_had_finished_is_kept(standing: Standing) -> None:
    node = standing.clusters.docker("ps", "--quiet")
    assert standing.clusters.create(standing.inputs) == standing.outputs
    assert standing.clusters.docker("ps", "--quiet") == node


def _after(standing: Standing, harm: Callable[[], object]) -> tuple[dict[str, str], dict[str, str]]:
    """Harm the cluster, look at it as the engine does, and tell its pods before and after.

    The kubelet of a node that was away still reports, for a moment, what it knew before.
    """
    wait_for("all pods", lambda: running_pods(standing.api).keys() >= standing.pods)
    before = running_pods(standing.api)
    harm()
    call = standing.clusters.call()
    assert KindCluster().diff(call, "standing", standing.inputs, standing.inputs).changed == ()
    return before, running_pods(standing.api)


def _all_started_anew(standing: Standing, before: dict[str, str]) -> bool:
    after = running_pods(standing.api)
    return all(after.get(name, "") > before[name] for name in standing.pods)


def test_a_killed_node_comes_back_with_its_workloads(standing: Standing) -> None:
    before, _ = _after(standing, lambda: standing.clusters.docker("kill", "standing-control-plane"))
    wait_for("all pods anew", lambda: _all_started_anew(standing, before))
    assert {node["metadata"]["name"] for node in standing.api.list_objects("v1", "Node")} == {
        "standing-control-plane"
    }


def test_a_killed_engine_comes_back_under_workloads_that_never_stopped(standing: Standing) -> None:
    def kill() -> None:
        pid = standing.clusters.engine.pid()
        assert pid is not None
        kill_and_wait(pid)

    before, after = _after(standing, kill)
    assert after == before


def test_a_killed_relay_comes_back(standing: Standing) -> None:
    lock = standing.clusters.cache.path("clusters", "standing", "relay.lock")
    before, after = _after(standing, lambda: kill_and_wait(int(lock.read_text())))
    assert after == before


def test_a_relay_killed_while_a_program_runs_comes_back_without_being_asked_for(standing: Standing) -> None:
    cluster, call = KindCluster(), standing.clusters.call()
    assert cluster.diff(call, "standing", standing.inputs, standing.inputs).changed == ()
    lock = standing.clusters.cache.path("clusters", "standing", "relay.lock")
    killed = int(lock.read_text())
    kill_and_wait(killed)
    wait_for("an answer", lambda: running_pods(standing.api) != {})
    assert int(lock.read_text()) != killed


def test_a_configuration_that_is_to_be_read_again_is_changed_and_then_as_it_was(standing: Standing) -> None:
    version, kind = "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"
    name = {"metadata": {"name": "read-again"}}
    standing.api.apply({"apiVersion": version, "kind": kind, **name, "webhooks": []}, manager="test")
    before = standing.api.get(version, kind, "", "read-again")
    standing.api.touch(version, kind, "read-again")
    after = standing.api.get(version, kind, "", "read-again")
    standing.api.delete(version, kind, "read-again")
    assert before is not None
    assert after is not None
    assert int(after["metadata"].pop("resourceVersion")) > int(before["metadata"].pop("resourceVersion")) + 1
    assert after == before


def test_everything_comes_back_after_a_reboot(standing: Standing) -> None:
    """No process and no namespace is left then, only the data."""

    def reboot() -> None:
        engine = standing.clusters.engine
        pid = engine.pid()
        assert pid is not None
        kill_and_wait(pid)
        for each in Traces(engine).processes():
            kill_and_wait(each)
        engine.namespaces.remove()

    before, _ = _after(standing, reboot)
    wait_for("all pods anew", lambda: _all_started_anew(standing, before))
    assert standing.clusters.engine.api.answers()


def test_a_second_cluster_comes_and_goes_beside_the_first(standing: Standing) -> None:
    clusters, inputs = standing.clusters, standing.clusters.inputs("second", workers=1)
    api = clusters.connect(clusters.create(inputs))
    ranges = {node["metadata"]["name"]: node["spec"]["podCIDR"] for node in api.list_objects("v1", "Node")}
    assert ranges.keys() == {"second-control-plane", "second-worker"}
    route = clusters.docker("exec", "second-worker", "ip", "route", "show", ranges["second-control-plane"])
    assert route.startswith(f"{ranges['second-control-plane']} via 172.")
    clusters.docker("rm", "--force", "--volumes", "second-worker")
    found = KindCluster().read(clusters.call(), "second", inputs, {})
    assert found is not None
    assert KindCluster().diff(clusters.call(), "second", found.inputs, inputs).replacing == ("nodes",)
    clusters.docker("rm", "--force", "--volumes", "second-control-plane")
    assert KindCluster().diff(clusters.call(), "second", inputs, inputs).replacing == ("name",)
    assert KindCluster().read(clusters.call(), "second", inputs, {}) is None
    clusters.delete("second")
    assert running_pods(standing.api)


def test_a_taken_port_is_told_before_anything_is_made(standing: Standing) -> None:
    inputs = standing.clusters.inputs("port")
    mapping = inputs["nodes"][0]["extraPortMappings"][0]
    with listen(mapping["hostPort"]), pytest.raises(PlatformError) as refused:
        standing.clusters.create(inputs)
    assert refused.value.problems[0].what == f"Port {mapping['hostPort']} of 127.0.0.1 is taken"
    assert standing.clusters.docker("ps", "--all", "--quiet", "--filter", "name=port") == ""


def test_a_cluster_that_does_not_come_up_says_why_and_leaves_nothing(standing: Standing) -> None:
    inputs = standing.clusters.inputs("broken")
    broken = {"hostPath": "/dev/null", "containerPath": "/usr/bin/containerd"}
    inputs["nodes"][0]["extraMounts"] = [broken]
    with pytest.raises(PlatformError) as failed:
        standing.clusters.create(inputs)
    problem = failed.value.problems[0]
    assert problem.what == "The kind cluster broken did not come up"
    assert "broken-control-plane, containerd is " in problem.why
    assert standing.clusters.docker("ps", "--all", "--quiet", "--filter", "name=broken") == ""
    assert not standing.clusters.cache.path("clusters", "broken").exists()


def test_a_half_made_cluster_is_made_anew_and_goes_without_a_trace(clusters: Clusters) -> None:
    inputs = clusters.inputs("alone")
    places = ClusterPlaces(clusters.cache, "alone")
    clusters.create(inputs)
    places.unfinish()
    node = clusters.docker("ps", "--quiet")
    api = clusters.connect(clusters.create(inputs))
    assert clusters.docker("ps", "--quiet") not in {node, ""}
    wait_for("CoreDNS", lambda: dns_is_ready(api))
    clusters.delete("alone")
    assert Traces(clusters.engine).seen() == NOTHING
    assert not places.folder.exists()
    port = int(api.server.rsplit(":", 1)[1])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def _own_address() -> str:
    """An address of this machine that is not 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: only a route is chosen
        except OSError:
            return "127.0.0.2"
        return str(probe.getsockname()[0])
