"""Interrupted operations: which may be forgotten, and that nothing else of the state changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from command.engine.pending import Pending, can_be_forgotten, forget_interrupted, pending_operations, without

CONFIG_MAP = (
    "urn:pulumi:local::kserve-platform::kserve-platform:layer:Istio$kubernetes:core/v1:ConfigMap::istio-mesh"
)
CRDS = "urn:pulumi:local::kserve-platform::kserve-platform:layer:KServe$kserve-cluster:index:CrdSet::kserve"
NAT_GATEWAY = (
    "urn:pulumi:local::kserve-platform::kserve-platform:eks:Network$aws:ec2/natGateway:NatGateway::nat-a"
)


def operation(urn: str, kind: str) -> dict[str, Any]:
    return {"resource": {"urn": urn, "inputs": {"a": 1}}, "type": kind}


def test_an_interrupted_operation_is_named_as_a_person_names_it() -> None:
    assert Pending(CONFIG_MAP, "creating").name == "ConfigMap istio-mesh"
    assert Pending(CONFIG_MAP, "creating").type == "kubernetes:core/v1:ConfigMap"


def test_a_state_without_interruptions_has_none() -> None:
    assert pending_operations({"resources": []}) == []
    assert pending_operations({"pending_operations": None}) == []


@pytest.mark.parametrize(
    ("urn", "kind", "ours", "forgotten"),
    [
        (CONFIG_MAP, "creating", True, True),
        (CONFIG_MAP, "updating", True, True),
        (CONFIG_MAP, "creating", False, False),
        (CONFIG_MAP, "updating", False, True),
        (CONFIG_MAP, "deleting", False, True),
        (CRDS, "creating", False, True),
        (NAT_GATEWAY, "creating", True, False),
        (NAT_GATEWAY, "deleting", True, True),
    ],
)
def test_only_a_creation_in_a_cloud_or_on_somebody_elses_cluster_is_left_for_a_person(
    urn: str, kind: str, ours: bool, forgotten: bool
) -> None:
    assert can_be_forgotten(Pending(urn, kind), cluster_is_ours=ours) is forgotten


def test_forgetting_leaves_the_rest_of_the_state_as_it_was() -> None:
    kept = operation(CONFIG_MAP, "creating")
    whole = {
        "version": 3,
        "deployment": {
            "resources": [{"urn": CRDS}],
            "pending_operations": [kept, operation(CRDS, "creating")],
        },
    }
    assert without(whole, [Pending(CRDS, "creating")]) == {
        "version": 3,
        "deployment": {"resources": [{"urn": CRDS}], "pending_operations": [kept]},
    }


def test_a_state_without_interruptions_is_neither_exported_nor_replaced(tmp_path: Path) -> None:
    checkpoint = tmp_path / "local.json"
    checkpoint.write_text(json.dumps({"checkpoint": {"latest": {"resources": []}}}))
    calls: list[str] = []
    done = forget_interrupted(
        checkpoint,
        cluster_is_ours=True,
        export=lambda: calls.append("export") or "",
        replace=calls.append,
    )
    assert (done, calls) == (([], []), [])


def test_what_cannot_be_forgotten_is_told(tmp_path: Path) -> None:
    operations = [operation(CONFIG_MAP, "creating"), operation(CRDS, "creating")]
    checkpoint = tmp_path / "local.json"
    checkpoint.write_text(json.dumps({"checkpoint": {"latest": {"pending_operations": operations}}}))
    replaced: list[str] = []
    done = forget_interrupted(
        checkpoint,
        cluster_is_ours=False,
        export=lambda: json.dumps({"deployment": {"pending_operations": operations}}),
        replace=replaced.append,
    )
    assert done == ([Pending(CRDS, "creating")], [Pending(CONFIG_MAP, "creating")])
    assert json.loads(replaced[0]) == {"deployment": {"pending_operations": operations[:1]}}
