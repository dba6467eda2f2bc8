"""docs/eks.md keeps to what there is: its stack files are good ones, and its commands are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from components.cluster.eks.addon_plan import PINS
from components.settings.eks.cluster import EksSettings
from components.settings.load import load
from components.settings.model import Settings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "eks.md").read_text(encoding="utf-8")


def _stacks() -> list[Settings]:
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    return [load(yaml.safe_load(block)["config"]) for block in blocks if "config:" in block]


def test_the_runbooks_three_stacks_are_good_and_alike_but_for_their_part() -> None:
    clusters = [stack.cluster for stack in _stacks()]

    assert all(isinstance(cluster, EksSettings) for cluster in clusters)
    assert [cluster.stack.part for cluster in clusters if isinstance(cluster, EksSettings)] == [
        "infra",
        "platform",
        "services",
    ]
    assert len({cluster.model_dump_json(exclude={"stack"}) for cluster in clusters}) == 1


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:`|^|\()make (?:-s )?([a-z-]+)", TEXT, flags=re.MULTILINE)))
)
def test_every_target_of_the_runbook_is_one_of_the_makefile(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_the_runbook_names_the_versions_of_kubernetes_whose_addons_are_pinned() -> None:
    assert f"This project pins add-ons for {' and '.join(PINS)};" in TEXT
