"""What is wrong with a pod, and which container to listen to."""

from __future__ import annotations

import pytest

from command.diagnosis.pods import ContainerTrouble, PodTrouble, pod_trouble
from tests.unit.command.cluster_objects import Object, condition, container, pod

RUNNING = {"running": {"startedAt": "2026-11-21T09:00:00Z"}}
INITIALIZING = {"waiting": {"reason": "PodInitializing"}}


def trouble(given: Object) -> PodTrouble:
    found = pod_trouble(given)
    assert found is not None
    return found


def test_a_ready_pod_is_no_trouble() -> None:
    assert pod_trouble(pod("a", container("kserve-container", ready=True, **RUNNING), is_ready=True)) is None


def test_a_pod_that_ended_well_is_no_trouble() -> None:
    assert pod_trouble({"metadata": {"name": "job"}, "status": {"phase": "Succeeded"}}) is None


def test_a_pod_without_room_says_what_the_scheduler_says() -> None:
    given = pod("a")
    given["status"]["conditions"] = [
        condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.")
    ]
    assert trouble(given) == PodTrouble(
        "a", "Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.", None
    )


def test_the_storage_initializer_is_blamed_before_those_that_wait_for_it() -> None:
    given = pod(
        "a",
        container("kserve-container", **INITIALIZING),
        container("queue-proxy", **INITIALIZING),
        initial=(
            container(
                "storage-initializer",
                restarts=2,
                last={"exitCode": 1, "reason": "Error"},
                waiting={"reason": "CrashLoopBackOff", "message": "back-off 20s restarting"},
            ),
        ),
    )
    found = trouble(given)
    assert found.reason == "CrashLoopBackOff, Error (exit code 1)"
    assert found.container == ContainerTrouble(
        "storage-initializer", found.reason, "back-off 20s restarting", previous=True, started=True
    )


def test_an_init_container_that_ended_well_is_not_blamed() -> None:
    given = pod(
        "a",
        container("kserve-container", waiting={"reason": "ErrImageNeverPull", "message": "not present"}),
        initial=(container("storage-initializer", terminated={"exitCode": 0, "reason": "Completed"}),),
    )
    found = trouble(given)
    assert (found.reason, found.message) == ("ErrImageNeverPull", "not present")
    assert found.container is not None
    assert (found.container.name, found.container.started) == ("kserve-container", False)


def test_the_models_container_is_blamed_before_queue_proxy() -> None:
    given = pod("a", container("queue-proxy", **RUNNING), container("kserve-container", **RUNNING))
    found = trouble(given)
    assert found.container is not None
    assert found.container.name == "kserve-container"
    assert found.message == "its readiness probe does not pass yet"


def test_queue_proxy_is_blamed_when_the_model_is_ready() -> None:
    given = pod(
        "a", container("kserve-container", ready=True, **RUNNING), container("queue-proxy", **RUNNING)
    )
    found = trouble(given)
    assert found.container is not None
    assert found.container.name == "queue-proxy"


def test_a_container_that_was_killed_for_memory_says_so() -> None:
    last = {"exitCode": 137, "reason": "OOMKilled"}
    given = pod("a", container("kserve-container", restarts=1, last=last, **RUNNING))
    assert trouble(given).reason == "NotReady, OOMKilled"


def test_a_running_init_container_is_waited_for() -> None:
    given = pod("a", initial=(container("storage-initializer", **RUNNING),))
    assert trouble(given).message == "it has not ended yet"


@pytest.mark.parametrize("containers", [(), (container("a", **INITIALIZING),)], ids=["none", "initializing"])
def test_a_pod_without_a_culprit_gives_its_own_condition(containers: tuple[Object, ...]) -> None:
    assert trouble(pod("a", *containers)).reason == "ContainersNotReady"


def test_a_pod_that_is_being_deleted_says_so() -> None:
    given = pod("a")
    given["metadata"]["deletionTimestamp"] = "2026-11-21T09:00:00Z"
    assert trouble(given).reason == "Terminating"
