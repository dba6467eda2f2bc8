"""What the program is told about images before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.cluster.images import PreparedImages, read_prepared
from components.errors import PlatformError
from components.settings.cluster import ImageSource

OWN = ["kind.local/a:1"]
LOADED = {"kind.local/a:1": f"sha256:{'1' * 64}"}
PULLING: tuple[ImageSource, ...] = ("auto", "pull")
BUILT = {"source": "build", "nodeImage": "docker.io/kindest/node:v1.34.4", "imageStore": "k1"}


def _file(tmp_path: Path, row: object) -> Path:
    (tmp_path / "local.json").write_text(json.dumps(row))
    return tmp_path / "local.json"


def test_built_images_are_used(tmp_path: Path) -> None:
    file = _file(tmp_path, BUILT)
    assert read_prepared(file, "auto", OWN) == PreparedImages("build", "docker.io/kindest/node:v1.34.4", "k1")


def test_without_any_preparation_images_are_pulled(tmp_path: Path) -> None:
    assert read_prepared(tmp_path / "none.json", "auto", []) == PreparedImages("pull")


def test_images_that_no_registry_has_come_beside_pulled_ones(tmp_path: Path) -> None:
    file = _file(tmp_path, {"source": "pull", "nodeImage": None, "imageStore": None, "loadedImages": LOADED})
    expected = PreparedImages("pull", loaded=LOADED)
    assert [read_prepared(file, wish, OWN) for wish in PULLING] == [expected, expected]


@pytest.mark.parametrize("row", [None, BUILT, {"source": "pull", "loadedImages": {"kind.local/b:1": "x"}}])
def test_a_stack_that_pulls_says_when_what_no_registry_has_was_not_built(tmp_path: Path, row: object) -> None:
    file = tmp_path / "none.json" if row is None else _file(tmp_path, row)
    with pytest.raises(PlatformError) as refused:
        read_prepared(file, "pull", OWN)
    assert str(refused.value) == (
        "kserve-platform:cluster.images: The images of the example were not built yet\n"
        "  seen: pull\n"
        "  why:  The program only uses images; building them takes minutes and needs no engine.\n"
        "  do:   Run `make up`, which builds what is missing first."
    )


def test_a_stack_that_pulls_ignores_what_was_built_for_it_before(tmp_path: Path) -> None:
    assert read_prepared(_file(tmp_path, BUILT), "pull", []) == PreparedImages("pull")


def test_a_stack_that_builds_says_when_nothing_was_built(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as refused:
        read_prepared(tmp_path / "none.json", "build", [])
    assert str(refused.value) == (
        "kserve-platform:cluster.images: The images of this stack were not built yet\n"
        "  seen: build\n"
        "  why:  The program only uses images; building them takes minutes and needs no engine.\n"
        "  do:   Run `make up`, which builds what is missing first."
    )
