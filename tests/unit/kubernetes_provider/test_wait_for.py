"""The annotation pulumi.com/waitFor: what its expressions find, and which cannot be read."""

from __future__ import annotations

import pytest

from providers.kubernetes.objects import Object
from providers.kubernetes.waiting import waitfor

_OBJECT: Object = {
    "metadata": {"labels": {"app.kubernetes.io/name": "a"}},
    "status": {
        "phase": "Up",
        "count": 2,
        "empty": None,
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "Odd", "status": "False", "message": "why"},
        ],
    },
}


@pytest.mark.parametrize(
    "expression",
    [
        "condition=Ready",
        "condition=Ready=true",
        "condition=Odd=False",
        "jsonpath={.status.phase}",
        "jsonpath={.status.phase}=Up",
        "jsonpath={.status.count}=2",
        "jsonpath={.metadata.labels['app.kubernetes.io/name']}=a",
        "jsonpath={.status.conditions[0].type}=Ready",
        "jsonpath={.status.conditions[-1].type}=Odd",
        "jsonpath={.status.conditions[*].type}=Odd",
        "jsonpath={.status.conditions[?(@.type == 'Odd')].status}=False",
        '["condition=Ready", "jsonpath={.status.phase}=Up"]',
    ],
)
def test_a_demand_is_met(expression: str) -> None:
    assert waitfor.judge_by(waitfor.parse(expression), _OBJECT, lambda *_, **__: []).ready


@pytest.mark.parametrize(
    ("expression", "reasons"),
    [
        ("condition=Odd", ["waiting for condition=Odd", "why"]),
        ("condition=Gone", ["waiting for condition=Gone"]),
        ("jsonpath={.status.empty}", ["waiting for jsonpath={.status.empty}"]),
        ("jsonpath={.status.phase}=Down", ["waiting for jsonpath={.status.phase}=Down"]),
        ("jsonpath={.status.conditions[7].type}", ["waiting for jsonpath={.status.conditions[7].type}"]),
    ],
)
def test_a_demand_is_not_met(expression: str, reasons: list[str]) -> None:
    verdict = waitfor.judge_by(waitfor.parse(expression), _OBJECT, lambda *_, **__: [])

    assert (verdict.ready, list(verdict.reasons)) == (False, reasons)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("whatever", 'expected a "jsonpath=" or "condition=" prefix, got "whatever"'),
        ("jsonpath=.status", "expected jsonpath={.path} or jsonpath={.path}=value, got 'jsonpath=.status'"),
        ("jsonpath={.a[1:2]}", "the JSONPath '.a[1:2]' is not supported from '[1:2]' on"),
        ("[1]", "expected expressions, got '[1]'"),
        ("[]", "expected expressions, got '[]'"),
        ("[broken", "expected a JSON list of expressions, got '[broken'"),
    ],
)
def test_an_expression_that_cannot_be_read_is_refused(expression: str, message: str) -> None:
    with pytest.raises(waitfor.WaitForError) as caught:
        waitfor.parse(expression)
    assert str(caught.value) == message
