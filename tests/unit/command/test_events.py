"""Reading the engine's events."""

from __future__ import annotations

import pytest

from command.engine.events import Message, Phase, ResourceEvent, Summary, parse_event, visible_outputs
from tests.unit.command import recorded as engine

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}


def test_a_resource_that_begins_is_read_with_its_parent() -> None:
    event = parse_event(engine.begun("Istio", "kubernetes:apps/v1:Deployment", "istiod"))
    assert isinstance(event, ResourceEvent)
    assert (event.phase, event.operation, event.name) == (Phase.BEGUN, "create", "Deployment istiod")
    assert event.parent == engine.layer_urn("Istio")
    assert event.custom


def test_a_deletion_is_read_from_the_old_state() -> None:
    event = parse_event(engine.ended("Istio", "kubernetes:apps/v1:Deployment", "istiod", "delete"))
    assert isinstance(event, ResourceEvent)
    assert (event.phase, event.parent) == (Phase.ENDED, engine.layer_urn("Istio"))


def test_the_stacks_outputs_come_without_the_secret_ones() -> None:
    event = parse_event(engine.stack(ended=True, outputs={"url": "http://a", "kubeconfig": SECRET}))
    assert isinstance(event, ResourceEvent)
    assert event.outputs == {"url": "http://a"}
    assert visible_outputs({"a": SECRET, "b": {"c": 1}}) == {"b": {"c": 1}}


def test_a_message_is_read_without_its_line_end() -> None:
    assert parse_event(engine.said("error", "no such image", "urn:x", ephemeral=True)) == Message(
        "error", "no such image", "urn:x", passing=True
    )


def test_a_summary_counts_operations() -> None:
    assert parse_event(engine.summary(create=2, same=1)) == Summary({"create": 2, "same": 1})


@pytest.mark.parametrize(
    "line",
    ["", "Updating (local):", "{broken", '{"preludeEvent": {"config": {}}}', engine.said("debug", "rpc")],
    ids=["empty", "text", "cut off", "prelude", "debug"],
)
def test_what_nobody_acts_on_is_left_out(line: str) -> None:
    assert parse_event(line) is None
