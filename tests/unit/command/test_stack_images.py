"""What `up` has ready before the program runs, and what `images` says of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from command.display.board import Board
from command.image_source import HandOver, hand_over_file
from command.images import Row, list_images
from command.local_machine import LocalMachine
from command.stack_images import build_stack_images
from components.catalog.images import EXAMPLE_LOADED
from components.cluster.images import PreparedImages, read_prepared
from components.settings.load import load, load_stack_file
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain
from tests.unit.command.doubles import Lines, places_in
from tests.unit.images.doubles import small_image

if TYPE_CHECKING:
    from components.catalog.images import Image
    from machine.images.oci import BuiltImage

SERVER, MODEL = (image.reference for image in EXAMPLE_LOADED)


def pulling(*, example: bool = True) -> Any:
    services = {"digits": {"example": "mnist"}} if example else {}
    cluster = {"provider": "kind", "images": "pull", "kubernetesVersion": "1.33.4"}
    return load({"kserve-platform:cluster": cluster, "kserve-platform:services": services})


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """References that were built; a double builds small images of those names."""
    found: list[str] = []

    def build(images: Iterable[Image], cache: Cache, *rest: object) -> list[BuiltImage]:
        found.extend(image.reference for image in images)
        return [small_image(cache, reference, reference) for reference in found]

    monkeypatch.setattr("machine.images.build.build_images", build)
    return found


def hand_over(cache: Cache, *, example: bool) -> HandOver:
    docker = lambda: pytest.fail("an engine is needed to lay out stores only")  # noqa: E731
    toolchain = Toolchain(cache, Silent())
    return build_stack_images(pulling(example=example), "pull", cache, toolchain, docker, Silent())


def test_beside_pulled_images_the_program_is_told_of_the_examples(cache: Cache, asked: list[str]) -> None:
    handed = hand_over(cache, example=True)

    assert asked == [SERVER, MODEL]
    assert handed == HandOver(
        "pull",
        loadedImages={name: small_image(cache, name, name).digest for name in asked},
    )


def test_where_a_registry_answers_and_the_user_has_docker_only_the_example_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    """What a machine with internet and Docker does with the shipped stack, up to the engine's run."""
    monkeypatch.setattr("machine.docker.engine.would_be_private", lambda cache: False)
    monkeypatch.setattr("command.image_source.registry_answers", lambda: True)
    monkeypatch.setattr("command.checkup.take_readings", lambda *_: None)
    monkeypatch.setattr("machine.toolchain.Toolchain.ensure", lambda *_: {})
    shipped = Path(__file__).parents[3] / "stacks" / "Pulumi.local.yaml"
    places = places_in(tmp_path, shipped.read_text(encoding="utf-8"))
    LocalMachine(places, load_stack_file(places.stack_file), Board([Lines()])).prepare()

    assert asked == [SERVER, MODEL]
    told = json.loads(hand_over_file(places.cache, places.stack).read_text())
    assert (told["source"], told["nodeImage"], told["imageStore"]) == ("pull", None, None)
    assert told["loadedImages"].keys() == {SERVER, MODEL}
    assert places.cache.path("state", "images", "source").read_text() == "pull"


def test_what_up_writes_the_program_reads(cache: Cache, asked: list[str]) -> None:
    handed, file = hand_over(cache, example=True), hand_over_file(cache, "local")
    handed.write(file)

    assert read_prepared(file, "pull", [SERVER, MODEL]) == PreparedImages("pull", loaded=handed.loadedImages)
    assert json.loads(file.read_text())["loadedImages"].keys() == {SERVER, MODEL}


def test_without_the_example_nothing_is_built(cache: Cache, asked: list[str]) -> None:
    assert hand_over(cache, example=False) == HandOver("pull")
    assert asked == []


def test_the_list_tells_pulled_images_from_those_that_are_built_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command.images.references_of", lambda *_, built: ["quay.io/a/b:v1"])
    places = places_in(tmp_path, "config: {}\n")
    monkeypatch.setattr(
        "command.stack_images.built_images",
        lambda images, cache: {SERVER: small_image(places.cache, SERVER, "1")},
    )
    server = small_image(places.cache, SERVER, "1")

    assert list_images(pulling(), places) == [
        Row("docker.io/kindest/node:v1.33.4", "", "pulled", 0),
        Row("quay.io/a/b:v1", "", "pulled", 0),
        Row(SERVER, server.digest, "built from example.com/tool@v1.2.3", server.size),
        Row(MODEL, "", "not built yet: make up", 0),
    ]
