"""The engine's work as steps."""

from __future__ import annotations

import pytest

from command.engine.events import parse_event
from command.engine.progress import (
    Closed,
    EngineProgress,
    Failure,
    Noted,
    Opened,
    Rested,
    Update,
    Warned,
    changes_in_words,
    waiting_for,
)
from tests.unit.command import recorded as engine

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
GATE = "kserve-cluster:index:Gate"


def play(progress: EngineProgress, *lines: str) -> list[Update]:
    events = [parse_event(line) for line in lines]
    return [update for event in events if event for update in progress.apply(event)]


@pytest.fixture
def progress() -> EngineProgress:
    started = EngineProgress()
    play(started, engine.stack(), engine.layer("Istio"))
    return started


def test_a_layer_is_a_step_from_its_first_change_to_its_last(progress: EngineProgress) -> None:
    updates = play(
        progress,
        engine.begun("Istio", DEPLOYMENT, "istiod"),
        engine.begun("Istio", DEPLOYMENT, "gateway"),
        engine.ended("Istio", DEPLOYMENT, "istiod"),
        engine.ended("Istio", DEPLOYMENT, "gateway"),
        engine.begun("Istio", GATE, "istio"),
        engine.ended("Istio", GATE, "istio"),
    )
    assert updates == [
        Opened("istio"),
        Noted("istio", "Deployment istiod"),
        Noted("istio", "Deployment istiod and 1 more"),
        Noted("istio", "Deployment gateway"),
        Rested("istio"),
        Noted("istio", "Gate istio"),
        Closed("istio", failed=False, changed=3),
    ]


def test_a_removed_gate_does_not_end_its_step() -> None:
    progress = EngineProgress("remove")
    play(progress, engine.stack(), engine.layer("Istio", "delete"))
    updates = play(
        progress,
        engine.begun("Istio", GATE, "istio", "delete"),
        engine.ended("Istio", GATE, "istio", "delete"),
    )
    assert updates == [Opened("remove istio"), Noted("remove istio", "Gate istio"), Rested("remove istio")]
    assert progress.finish() == [Closed("remove istio", failed=False, changed=1)]


def test_a_run_that_changes_nothing_opens_no_step(progress: EngineProgress) -> None:
    updates = play(
        progress,
        engine.begun("Istio", DEPLOYMENT, "istiod", "same"),
        engine.ended("Istio", DEPLOYMENT, "istiod", "same"),
        engine.layer("Istio", "same", ended=True),
        engine.stack(ended=True, outputs={"url": "http://a"}),
        engine.summary(same=3),
    )
    assert updates == []
    assert progress.outputs == {"url": "http://a"}
    assert progress.changes == {"same": 3}


def test_a_provider_that_says_what_it_waits_for_is_heard(progress: EngineProgress) -> None:
    urn = engine.object_urn("Istio", DEPLOYMENT, "istiod")
    updates = play(
        progress,
        engine.begun("Istio", DEPLOYMENT, "istiod"),
        engine.said("info", "0 of 1 replicas available", urn, ephemeral=True),
    )
    assert updates[-1] == Noted("istio", "0 of 1 replicas available")


def test_a_failure_keeps_its_step_its_identity_and_its_words(progress: EngineProgress) -> None:
    urn = engine.object_urn("Istio", DEPLOYMENT, "istiod")
    play(
        progress,
        engine.begun("Istio", DEPLOYMENT, "istiod"),
        engine.said("error", "timed out", urn),
        engine.failed("Istio", DEPLOYMENT, "istiod", identity="istio-system/istiod"),
        engine.said("error", "update failed", engine.STACK),
    )
    assert progress.finish() == [Closed("istio", failed=True, changed=0)]
    assert progress.failures() == [
        Failure("istio", "Deployment istiod", urn, "istio-system/istiod", "timed out"),
        Failure("", "", "", "", "update failed"),
    ]


def test_warnings_are_passed_on_but_for_the_one_about_path(progress: EngineProgress) -> None:
    urn = engine.object_urn("Istio", DEPLOYMENT, "istiod")
    play(progress, engine.begun("Istio", DEPLOYMENT, "istiod"))
    assert play(
        progress,
        engine.said("warning", "using pulumi-resource-kubernetes from $PATH at /a/b"),
        engine.said("warning", 'unknown field "spec.replicsa"', urn),
        engine.said("warning", "pending operations", engine.STACK),
    ) == [Warned('Deployment istiod: unknown field "spec.replicsa"'), Warned("pending operations")]


def test_a_resource_without_a_layer_is_a_step_of_its_own() -> None:
    progress = EngineProgress()
    urn = "urn:pulumi:local::kserve-platform::pulumi:providers:kubernetes::kubernetes"
    line = engine._event(
        "resourcePreEvent", urn, "pulumi:providers:kubernetes", "create", engine.STACK, custom=True
    )
    assert play(progress, engine.stack(), line)[0] == Opened("kubernetes")


def test_what_is_still_open_closes_with_the_engine(progress: EngineProgress) -> None:
    play(progress, engine.begun("Istio", DEPLOYMENT, "istiod"))
    assert progress.finish() == [Closed("istio", failed=False, changed=0)]
    assert progress.finish() == []


@pytest.mark.parametrize(
    ("names", "words"),
    [([], ""), (["Job a"], "Job a"), (["Job a", "Job b", "Job c"], "Job a and 2 more")],
)
def test_many_things_are_told_in_few_words(names: list[str], words: str) -> None:
    assert waiting_for(names) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "nothing"),
        ({"same": 34}, "34 unchanged"),
        ({"create": 112, "same": 34, "update": 2}, "112 created, 2 updated, 34 unchanged"),
        ({"replace": 1, "create-replacement": 1, "delete-replaced": 1}, "1 replaced"),
    ],
)
def test_changes_are_counted_in_the_order_people_ask(changes: dict[str, int], words: str) -> None:
    assert changes_in_words(changes) == words
