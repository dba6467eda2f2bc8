"""What is written for Karpenter against the schemas of its own CRDs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from components.catalog import fleet
from components.layers.fleet.node_pools import classes, completed, pools
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import renderer
from tests.unit.layers.fleet.groups import CPU, GPU, group
from tests.unit.layers.fleet.pools import fleet_of

pytestmark = pytest.mark.build

FLEET = fleet_of(
    cpu=group(CPU),
    gpu=group(GPU),
    bottlerocket=group(GPU, ami="bottlerocket"),
    reserved=group(GPU, capacity="capacityReservation", reservation="cr-0123456789abcdef0"),
)


@pytest.fixture(scope="module")
def schemas() -> Mapping[str, Any]:
    """The schema of each of Karpenter's kinds, closed: a field that it does not know is refused."""
    cache = Cache.default()
    found = renderer(cache, Silent()).render(fleet.KARPENTER).crds
    assert found is not None
    crds = json.loads(cache.path(*found.path.split("/")).read_bytes())["items"]
    return {
        crd["spec"]["names"]["kind"]: _closed(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
        for crd in crds
    }


def _closed(schema: Any) -> Any:
    """What the API server would drop is a mistake here."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    return closed


@pytest.mark.parametrize("name", sorted(FLEET.groups))
def test_karpenter_knows_every_field_of_pools_and_classes(name: str, schemas: Mapping[str, Any]) -> None:
    edit = completed(FLEET)
    written = [m for m in (*pools(FLEET), *map(edit, classes(FLEET))) if m and m["metadata"]["name"] == name]

    refused = [
        f"{manifest['kind']}{error.json_path}: {error.message}"
        for manifest in written
        for error in Draft202012Validator(schemas[manifest["kind"]]["properties"]["spec"]).iter_errors(
            manifest["spec"]
        )
    ]

    assert [manifest["kind"] for manifest in written] == ["NodePool", "EC2NodeClass"]
    assert refused == []


def test_a_field_that_karpenter_does_not_know_is_seen(schemas: Mapping[str, Any]) -> None:
    spec = {**pools(FLEET)[0]["spec"], "limit": {"cpu": "1"}}

    errors = Draft202012Validator(schemas["NodePool"]["properties"]["spec"]).iter_errors(spec)

    assert [error.message for error in errors] == [
        "Additional properties are not allowed ('limit' was unexpected)"
    ]
