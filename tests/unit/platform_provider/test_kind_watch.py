"""When a node that is coming up is beyond hope."""

from __future__ import annotations

import pytest

from providers.platform.kind.watch import Symptoms, read_symptoms


@pytest.mark.parametrize(
    ("symptoms", "hopeless"),
    [
        (Symptoms(0, 0, 0), False),
        (Symptoms(1, 6, 5), False),
        (Symptoms(5, 0, 0), True),
        (Symptoms(0, 15, 0), True),
        (Symptoms(0, 0, 20), True),
    ],
)
def test_a_few_failures_are_teething_troubles(symptoms: Symptoms, hopeless: bool) -> None:
    assert symptoms.hopeless() is hopeless


def test_what_a_node_printed_is_read() -> None:
    assert read_symptoms("7\n2\n0\n") == Symptoms(7, 2, 0)


def test_a_node_that_does_not_answer_shows_nothing() -> None:
    assert read_symptoms("") is None
