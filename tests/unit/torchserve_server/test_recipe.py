"""What the image consists of: complete, pinned, and without what it must not have."""

from __future__ import annotations

import re

import pytest

from servers.torchserve import recipe

PINNED = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>[^ ]+) \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+", re.MULTILINE
)


@pytest.mark.parametrize("wheels", recipe.WHEELS, ids=lambda wheels: str(wheels.target))
def test_every_wheel_is_pinned_with_its_hashes(wheels: recipe.Wheels) -> None:
    text = wheels.requirements.read_text()
    without = PINNED.sub("", text)
    assert PINNED.search(text) is not None
    assert [line for line in without.splitlines() if line.strip() and not line.lstrip().startswith("#")] == []


def test_the_model_workers_get_nothing_that_debian_has_in_another_version() -> None:
    names = {match["name"] for match in PINNED.finditer(recipe.WHEELS[0].requirements.read_text())}
    assert {"torchserve", "captum", "torch-model-archiver", "matplotlib"} <= names
    assert names.isdisjoint({"torch", "torchvision", "numpy", "pillow", "psutil", "six"})


def test_the_server_does_not_see_numpy() -> None:
    names = {match["name"] for match in PINNED.finditer(recipe.WHEELS[1].requirements.read_text())}
    assert {"aiohttp", "grpcio", "protobuf"} <= names
    assert "numpy" not in names


def test_no_package_is_both_wanted_and_left_out() -> None:
    assert set(recipe.PACKAGES).isdisjoint(recipe.LEFT_OUT)
    for names in (recipe.PACKAGES, recipe.LEFT_OUT):
        assert len(names) == len(set(names))


def test_the_sources_are_all_that_the_server_imports() -> None:
    own = {path.rsplit("/", 1)[1].removesuffix(".py") for path in recipe.SOURCES if path.endswith(".py")}
    for path, source in recipe.SOURCES.items():
        if path.endswith(".py"):
            text = source.read_text()
            assert re.findall(r"^from (?!servers)(?:components|machine)\b", text, re.MULTILINE) == []
            named = set(re.findall(r"^from servers\.torchserve\.(\w+) import", text, re.MULTILINE))
            assert named <= own
    assert recipe.ENTRYPOINT[-1].lstrip("/") in recipe.SOURCES


def test_paths_of_the_image_are_relative_to_its_root() -> None:
    paths = [*recipe.SOURCES, *recipe.TEXTS, *recipe.LINKS, *recipe.REMOVED, *recipe.UNCALLED_LIBRARIES]
    assert [path for path in paths if path.startswith("/")] == []


def test_nothing_needs_pythonpath_which_kserve_refuses() -> None:
    assert "PYTHONPATH" not in recipe.ENVIRONMENT
    assert recipe.ENVIRONMENT["JAVA_HOME"] == recipe.JAVA_HOME
    assert recipe.USER == 1000
