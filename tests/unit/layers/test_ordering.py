from __future__ import annotations

import pytest

from components.layers.ordering import (
    ADMISSION,
    FOREIGN_FIELDS,
    FOUNDATION,
    NAMESPACES,
    WAITS_FOR,
    WORKLOADS,
    foreign_fields,
    phase,
    shared_with_controller,
)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Namespace", NAMESPACES),
        ("ConfigMap", FOUNDATION),
        ("Certificate", FOUNDATION),
        ("Deployment", WORKLOADS),
        ("Job", WORKLOADS),
        ("MutatingWebhookConfiguration", ADMISSION),
        ("ValidatingWebhookConfiguration", ADMISSION),
    ],
)
def test_each_kind_has_its_phase(kind: str, expected: int) -> None:
    assert phase({"kind": kind}) == expected


def test_no_phase_waits_for_a_later_one() -> None:
    assert all(earlier < current for current, needed in WAITS_FOR.items() for earlier in needed)


def test_a_webhook_is_registered_beside_its_workload_and_after_the_objects_that_it_would_judge() -> None:
    assert WORKLOADS not in WAITS_FOR[ADMISSION]
    assert FOUNDATION in WAITS_FOR[ADMISSION]


def test_fields_of_another_controller_are_ignored_and_won_when_written() -> None:
    kind, name = next(iter(FOREIGN_FIELDS))
    manifest = {"kind": kind, "metadata": {"name": name, "annotations": {"a": "b"}}}

    assert foreign_fields(manifest) == [FOREIGN_FIELDS[kind, name]]
    assert shared_with_controller(manifest)["metadata"]["annotations"] == {
        "a": "b",
        "pulumi.com/patchForce": "true",
    }


def test_an_object_that_nobody_else_writes_is_left_as_it_is() -> None:
    manifest = {"kind": "ConfigMap", "metadata": {"name": "a"}}

    assert foreign_fields(manifest) == []
    assert shared_with_controller(manifest) is manifest
