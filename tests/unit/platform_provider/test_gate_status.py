"""What a live object's status says, in the cases that have bitten."""

from __future__ import annotations

from typing import Any

import pytest

from providers.platform.gate.status import (
    condition_problem,
    deployment_failure,
    deployment_problem,
    slices_problem,
    unbundled,
)


def _deployment(replicas: int = 2, generation: int = 3, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"generation": generation},
        "spec": {"replicas": replicas},
        "status": {
            "observedGeneration": 3,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "availableReplicas": replicas,
            **status,
        },
    }


@pytest.mark.parametrize(
    ("live", "problem"),
    [
        (_deployment(), ""),
        (_deployment(replicas=0), ""),
        (_deployment(generation=4), "its controller has not seen its newest generation"),
        ({"metadata": {"generation": 1}, "spec": {}}, "its controller has not seen its newest generation"),
        (_deployment(availableReplicas=1), "1 of 2 replicas are available, 2 are updated"),
        # The old pods are available while the new ones crash: not what was asked for.
        (_deployment(replicas=2, updatedReplicas=1), "2 of 2 replicas are available, 1 are updated"),
        (
            _deployment(
                availableReplicas=0,
                conditions=[{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}],
            ),
            "exceeded quota",
        ),
    ],
)
def test_a_deployment_is_ready_when_its_newest_generation_is(live: dict[str, Any], problem: str) -> None:
    assert deployment_problem(live) == problem


def test_a_deployment_past_its_progress_deadline_has_failed() -> None:
    condition = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": 'ReplicaSet "x" has timed out progressing.',
    }
    assert (
        deployment_failure(_deployment(conditions=[condition])) == 'ReplicaSet "x" has timed out progressing.'
    )
    assert deployment_failure(_deployment()) == ""


def _with(condition: dict[str, Any], generation: int = 2, **status: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation}, "status": {"conditions": [condition], **status}}


@pytest.mark.parametrize(
    ("live", "problem"),
    [
        (_with({"type": "Ready", "status": "True"}), ""),
        (_with({"type": "Ready", "status": "True", "observedGeneration": 2}), ""),
        (
            _with({"type": "Ready", "status": "True", "observedGeneration": 1}),
            "its controller has not seen its newest generation",
        ),
        (
            _with({"type": "Ready", "status": "True"}, observedGeneration=1),
            "its controller has not seen its newest generation",
        ),
        (
            _with({"type": "Ready", "status": "False", "reason": "Pending", "message": "no issuer"}),
            "Pending: no issuer",
        ),
        (_with({"type": "Ready", "status": "Unknown"}), "Ready is not True"),
        (_with({"type": "Issuing", "status": "True"}), "it has no condition Ready yet"),
        ({"metadata": {}}, "it has no condition Ready yet"),
    ],
)
def test_a_condition_counts_for_the_generation_it_was_seen_for(live: dict[str, Any], problem: str) -> None:
    assert condition_problem(live, "Ready") == problem


@pytest.mark.parametrize(
    ("slices", "problem"),
    [
        ([], "it has no endpoint"),
        ([{"endpoints": None}], "it has no endpoint"),
        ([{"endpoints": [{"conditions": {"ready": False}}]}], "none of 1 endpoints is ready"),
        (
            [
                {"endpoints": [{"conditions": {"ready": False}}]},
                {"endpoints": [{"conditions": {"ready": True}}]},
            ],
            "",
        ),
        ([{"endpoints": [{"addresses": ["10.0.0.1"]}]}], ""),
    ],
)
def test_one_ready_endpoint_is_enough(slices: list[dict[str, Any]], problem: str) -> None:
    assert slices_problem(slices) == problem


def test_webhooks_without_a_ca_bundle_are_named() -> None:
    live = {
        "kind": "ValidatingWebhookConfiguration",
        "webhooks": [
            {"name": "a.example", "clientConfig": {"caBundle": "LS0="}},
            {"name": "b.example", "clientConfig": {"caBundle": ""}},
        ],
    }
    assert unbundled(live) == ["b.example"]


@pytest.mark.parametrize(
    ("conversion", "missing"),
    [
        (None, []),
        ({"strategy": "None"}, []),
        ({"strategy": "Webhook", "webhook": {"clientConfig": {}}}, ["its conversion webhook"]),
        ({"strategy": "Webhook", "webhook": {"clientConfig": {"caBundle": "LS0="}}}, []),
    ],
)
def test_a_crd_needs_one_only_for_its_conversion(conversion: Any, missing: list[str]) -> None:
    assert unbundled({"kind": "CustomResourceDefinition", "spec": {"conversion": conversion}}) == missing
