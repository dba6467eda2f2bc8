"""The first broken link between an InferenceService and its pods."""

from __future__ import annotations

from typing import Any

from command.diagnosis.chain import Chain, Link, first_broken, walk
from tests.unit.command.cluster_objects import condition, container, pod, ready, thing, waiting

RUNNING = {"running": {}}
REVISION = "torchserve-predictor-00001"


def chain(**changes: Any) -> Chain:
    """Everything ready, but for what is given."""
    whole: dict[str, Any] = {
        "service": ready("torchserve"),
        "knative": ready("torchserve-predictor"),
        "configuration": ready("torchserve-predictor"),
        "revision": ready(REVISION),
        "deployment": thing(f"{REVISION}-deployment", condition("Available")),
        "pods": [pod("p", container("kserve-container", ready=True, **RUNNING), is_ready=True)],
    }
    return Chain("torchserve", **{**whole, **changes})


def broken(given: Chain) -> Link | None:
    return first_broken(walk(given))


def test_a_chain_without_a_fault_has_no_broken_link() -> None:
    assert broken(chain()) is None
    assert [link.kind for link in walk(chain())] == [
        "InferenceService",
        "Knative Service",
        "Configuration",
        "Revision",
        "Deployment",
        "Pod",
    ]


def test_the_deepest_link_is_the_cause_and_those_above_repeat_it() -> None:
    given = chain(
        service=waiting("torchserve", "PredictorNotReady"),
        knative=waiting("torchserve-predictor", "RevisionMissing", "Configuration is waiting"),
        configuration=waiting("torchserve-predictor", "Unknown"),
        revision=waiting(REVISION, "Deploying"),
        deployment=thing("d", condition("Available", "False", "MinimumReplicasUnavailable")),
        pods=[pod("p", container("kserve-container", waiting={"reason": "ErrImageNeverPull"}))],
    )
    found = broken(given)
    assert found is not None
    assert (found.kind, found.name, found.reason) == ("Pod", "p", "ErrImageNeverPull")


def test_a_ready_chain_below_leaves_the_fault_at_the_top() -> None:
    found = broken(chain(service=waiting("torchserve", "IngressNotConfigured", "no VirtualService yet")))
    assert found == Link(
        "InferenceService", "torchserve", "not ready", "IngressNotConfigured", "no VirtualService yet"
    )


def test_a_service_that_is_not_there_is_the_whole_answer() -> None:
    assert walk(Chain("torchserve", None)) == [Link("InferenceService", "torchserve", "absent")]
    assert broken(Chain("torchserve", None)) == Link("InferenceService", "torchserve", "absent")


def test_a_missing_link_is_blamed_on_the_reason_above_it() -> None:
    given = chain(
        service=waiting("torchserve", "RuntimeNotRecognized", "no runtime for pytorch"), knative=None
    )
    found = broken(given)
    assert found is not None
    assert (found.kind, found.reason) == ("InferenceService", "RuntimeNotRecognized")


def test_a_missing_link_without_a_reason_above_is_itself_the_answer() -> None:
    found = broken(chain(service=waiting("torchserve", ""), knative=None))
    assert found == Link("Knative Service", "torchserve-predictor", "absent")


def test_a_condition_that_says_nothing_yields_to_one_that_does() -> None:
    service = thing(
        "torchserve",
        condition("PredictorReady", "False", "ProgressDeadlineExceeded", "the pod did not start"),
        condition("Ready", "False"),
    )
    found = walk(Chain("torchserve", service))[0]
    assert (found.reason, found.message) == ("ProgressDeadlineExceeded", "the pod did not start")


def test_a_status_of_an_older_generation_is_not_believed() -> None:
    service = thing("torchserve", condition("Ready"), generation=2)
    assert walk(chain(service=service))[0] == Link(
        "InferenceService",
        "torchserve",
        "not ready",
        "Outdated",
        "its controller has not seen the newest change yet",
    )


def test_an_object_without_conditions_waits_for_its_controller() -> None:
    assert walk(chain(service=thing("torchserve")))[0].reason == "NotReported"


def test_a_service_scaled_to_zero_is_fine_without_pods() -> None:
    deployment = {**thing("d", condition("Available")), "spec": {"replicas": 0}}
    assert broken(chain(deployment=deployment, pods=[])) is None


def test_a_deployment_that_makes_no_pods_is_told() -> None:
    assert broken(chain(pods=[])) == Link("Pod", "", "absent")


def test_of_several_pods_the_troubled_one_is_told() -> None:
    good = pod("good", container("kserve-container", ready=True, **RUNNING), is_ready=True)
    bad = pod("bad", container("kserve-container", waiting={"reason": "CrashLoopBackOff"}))
    found = broken(chain(pods=[good, bad]))
    assert found is not None
    assert found.name == "bad"


def test_standard_mode_has_no_knative_links() -> None:
    given = chain(standard=True, knative=None, configuration=None, revision=None)
    assert [link.kind for link in walk(given)] == ["InferenceService", "Deployment", "Pod"]
