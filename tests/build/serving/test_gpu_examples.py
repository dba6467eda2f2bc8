"""The examples of GPU services against the schema of KServe's own kind, as the API server holds them to it.

What admission webhooks say besides is asked of a running cluster (`tests/cluster/platform`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
import yaml

from components.catalog import entries
from components.layers.objects import Manifest
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import renderer
from tests.unit.serving.gpu_examples import gpu_examples

pytestmark = pytest.mark.build

_NAMES = ("torchserve", "triton-gpu")


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    """The schema of InferenceServices in the pinned module, strict about fields as the API server is."""
    cache = Cache.default()
    crds = renderer(cache, Silent()).render(entries.KSERVE).crds
    assert crds is not None
    items = yaml.safe_load(cache.path(crds.path).read_text(encoding="utf-8"))["items"]
    (kind,) = [crd for crd in items if crd["spec"]["names"]["kind"] == "InferenceService"]
    (version,) = [each for each in kind["spec"]["versions"] if each["name"] == "v1beta1"]
    return jsonschema.Draft202012Validator(strict(version["schema"]["openAPIV3Schema"]))


def strict(node: Any) -> Any:
    """A structural schema as JSON schema: fields that it does not name are refused, unless it keeps them."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    told = {key: strict(value) for key, value in node.items()}
    if told.pop("x-kubernetes-int-or-string", False):
        told["type"] = ["integer", "string"]
        told.pop("anyOf", None)
    keeps = told.pop("x-kubernetes-preserve-unknown-fields", False)
    if "properties" in node and isinstance(node["properties"], Mapping) and not keeps:
        told.setdefault("additionalProperties", False)
    return told


def _complaints(schema: jsonschema.Draft202012Validator, manifest: Manifest) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in schema.iter_errors(manifest)]


@pytest.mark.parametrize("name", _NAMES)
def test_an_example_is_of_the_schema_of_kserves_kind(
    name: str, schema: jsonschema.Draft202012Validator
) -> None:
    assert _complaints(schema, gpu_examples()[name]) == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("predictor", "model", "runtimeVersions"), "0.9.0-gpu"),
        (("predictor", "tolerations", 0, "operators"), "Exists"),
        (("predictor", "nodeSelector", "k8s.amazonaws.com/accelerator"), 1),
        (("transformer", "containers", 0, "readinessProbe", "httpGet", "port"), {}),
        (("transformer", "timeout"), "60"),
    ],
)
def test_the_schema_refuses_what_an_example_could_have_wrong(
    where: tuple[str | int, ...], wrong: object, schema: jsonschema.Draft202012Validator
) -> None:
    manifest = copy.deepcopy(gpu_examples()["triton-gpu"])
    *above, last = where
    part: Any = manifest["spec"]
    for step in above:
        part = part[step]
    part[last] = wrong

    assert len(_complaints(schema, manifest)) == 1
