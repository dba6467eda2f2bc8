"""KServe's own sample InferenceServices through the serving rules, as if they were for production.

`pytest tests/build/policies --update-samples` writes the table anew; the diff is for review.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.catalog.modules import KSERVE
from components.facts.environments import Environment
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain
from policies.kubernetes.parts import INFERENCE_SERVICE
from policies.rule import Resource
from tests.unit.policies.state import SERVING

pytestmark = pytest.mark.build

TABLE = Path(__file__).parent / "samples.md"
Sample = tuple[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """Every v1beta1 InferenceService of the pinned module's docs/samples, by file and position."""
    module = Toolchain(Cache.default(), Silent()).modules().download(KSERVE)
    found: list[Sample] = []
    for file in sorted((module / "docs" / "samples").rglob("*.yaml")):
        try:
            documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        except yaml.YAMLError:
            continue  # a template of a workflow, which is no YAML before it is filled in
        services = [one for one in documents if isinstance(one, dict) and _is_service(one)]
        found += [(f"{file.relative_to(module)}#{at}", one) for at, one in enumerate(services, start=1)]
    return found


def _is_service(document: Mapping[str, Any]) -> bool:
    wanted = ("serving.kserve.io/v1beta1", "InferenceService")
    return (document.get("apiVersion"), document.get("kind")) == wanted


def _violated(sample: Sample) -> dict[str, int]:
    name, props = sample
    resource = Resource(
        INFERENCE_SERVICE, name, f"urn:pulumi:prod::samples::{INFERENCE_SERVICE}::{name}", props
    )
    found = {
        rule.id: rule.findings([resource], rule.context("prod", Environment.PROD, {})) for rule in SERVING
    }
    return {rule: len(findings) for rule, findings in found.items() if findings}


def _table(samples: list[Sample]) -> str:
    rows = {sample[0]: _violated(sample) for sample in samples}
    counted = {rule.id: sum(rule.id in violated for violated in rows.values()) for rule in SERVING}
    lines = [
        "# What KServe's samples violate in production",
        "",
        f"{len(rows)} InferenceServices of docs/samples in {KSERVE.path} {KSERVE.version}.",
        "",
        "| Rule | Samples that violate it |",
        "|---|---|",
        *(f"| `{rule}` | {count} |" for rule, count in counted.items() if count),
        "",
        "| Sample | Violates (number of findings) |",
        "|---|---|",
        *(f"| {name} | {_told(violated)} |" for name, violated in rows.items()),
    ]
    return "\n".join(lines) + "\n"


def _told(violated: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in violated.items()) or "nothing"


def test_there_are_enough_samples_to_learn_from(samples: list[Sample]) -> None:
    assert len(samples) >= 30


def test_the_samples_violate_what_the_table_says(
    samples: list[Sample], request: pytest.FixtureRequest
) -> None:
    table = _table(samples)
    if request.config.getoption("--update-samples", default=False):
        TABLE.write_text(table, encoding="utf-8")

    assert table == TABLE.read_text(encoding="utf-8")
