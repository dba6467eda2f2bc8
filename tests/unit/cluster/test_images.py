"""What the program is told about images before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.cluster.images import PreparedImages, read_prepared
from components.errors import PlatformError

BUILT = {"source": "build", "nodeImage": "docker.io/kindest/node:v1.34.4", "imageStore": "k1"}


def _file(tmp_path: Path, row: object) -> Path:
    (tmp_path / "local.json").write_text(json.dumps(row))
    return tmp_path / "local.json"


def test_built_images_are_used(tmp_path: Path) -> None:
    file = _file(tmp_path, BUILT)
    assert read_prepared(file, "auto") == PreparedImages("build", "docker.io/kindest/node:v1.34.4", "k1")


def test_without_any_preparation_images_are_pulled(tmp_path: Path) -> None:
    assert read_prepared(tmp_path / "none.json", "auto") == PreparedImages("pull")


def test_a_stack_that_pulls_ignores_what_was_built_for_it_before(tmp_path: Path) -> None:
    assert read_prepared(_file(tmp_path, BUILT), "pull") == PreparedImages("pull")


def test_a_stack_that_builds_says_when_nothing_was_built(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as refused:
        read_prepared(tmp_path / "none.json", "build")
    assert str(refused.value) == (
        "kserve-platform:cluster.images: The images of this stack were not built yet\n"
        "  seen: build\n"
        "  why:  The program only uses images; building them takes minutes and needs no engine.\n"
        "  do:   Run `make up`, which builds what is missing first."
    )
