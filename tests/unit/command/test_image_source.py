"""What is refused once it shows where images come from; nothing is made before."""

from __future__ import annotations

from pathlib import Path

import pytest

from command.display.board import Board
from command.image_source import (
    HandOver,
    Source,
    building_of,
    built_here,
    choose_source,
    hand_over_file,
    may_pull,
    refusals,
    source_of_cluster,
    wish_of,
)
from command.local_machine import LocalMachine
from components.catalog.images import EXAMPLE_LOADED
from components.errors import PlatformError, render_problems
from components.settings.load import load, load_stack_file
from components.settings.model import Settings
from machine.cache import Cache
from machine.docker.engine import would_be_private
from machine.preflight import Building
from tests.unit.command.doubles import Lines, places_in

SOURCES: tuple[Source, ...] = ("pull", "build")
NO_WAY_OUT = (
    "kserve-platform:cluster.images: images cannot be pulled here\n"
    "  seen: pull\n"
    "  why:  No Docker Engine of yours answers, and the private one in its place reaches no registry.\n"
    "  do:   Start Docker, or set it to build."
)
NOT_BUILT = (
    "kserve-platform:platform.ingressClass: cannot be built here\n"
    "  seen: kourier\n"
    "  why:  its gateway is an Envoy image that exists in a registry only\n"
    "  do:   write gateway-api, or set kserve-platform:cluster.images to pull"
)


def stack_file(images: str, ingress: str = "gateway-api") -> str:
    return (
        f"config:\n  kserve-platform:cluster: {{provider: kind, images: {images}}}\n"
        f"  kserve-platform:platform: {{ingressClass: {ingress}}}\n"
    )


def not_asked() -> str:
    """Whether a model can be trained matters only where the example's images alone are built."""
    pytest.fail("asked whether a model can be trained")


@pytest.fixture(autouse=True)
def no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Docker."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)


def refused_before_anything_is_made(tmp_path: Path, text: str, remembered: str = "") -> str:
    places = places_in(tmp_path, text)
    if remembered:
        file = places.cache.folder("state", "images") / "source"
        file.write_text(remembered)
    machine = LocalMachine(places, load_stack_file(places.stack_file), Board([Lines()]))
    with pytest.raises(PlatformError) as refused:
        machine.prepare()
    made = {path.name for path in places.cache.root.rglob("*") if path.is_file()} - {"source"}
    assert made == set()
    return str(refused.value)


def test_pulling_is_refused_where_only_the_private_engine_could_pull(tmp_path: Path) -> None:
    assert refused_before_anything_is_made(tmp_path, stack_file("pull")) == NO_WAY_OUT


def test_what_automatic_images_come_to_is_judged_before_anything_is_built(tmp_path: Path) -> None:
    text = stack_file("auto", "kourier")
    assert refused_before_anything_is_made(tmp_path, text, remembered="build") == NOT_BUILT


def test_a_registry_is_of_no_use_to_an_engine_that_cannot_reach_it(tmp_path: Path) -> None:
    assert would_be_private(Cache(tmp_path))
    assert not may_pull(lambda: True)


def test_pulling_with_an_engine_of_the_users_is_let_through() -> None:
    settings = load({"kserve-platform:cluster": {"provider": "kind", "images": "pull"}})
    assert refusals(settings, "pull", lambda: False, not_asked) == ()
    assert render_problems(refusals(settings, "pull", lambda: True, not_asked)) == NO_WAY_OUT


def test_a_stack_that_can_be_built_is_let_through_whatever_engine_it_gets() -> None:
    settings = load({"kserve-platform:cluster": {"provider": "kind"}})
    assert refusals(settings, "build", lambda: pytest.fail("asked for an engine"), not_asked) == ()


def with_example(images: str) -> Settings:
    return load(
        {
            "kserve-platform:cluster": {"provider": "kind", "images": images},
            "kserve-platform:services": {"digits": {"example": "mnist"}},
        }
    )


def test_the_example_does_not_decide_where_images_come_from() -> None:
    settings = [with_example(images) for images in ("auto", "pull", "build")]
    assert [wish_of(each) for each in settings] == ["auto", "pull", "build"]


def test_a_cluster_that_stands_keeps_the_images_it_was_made_from(tmp_path: Path) -> None:
    """Its images were built when nothing answered, or by a version that always built the example's."""
    cache = Cache(tmp_path)
    file = hand_over_file(cache, "local")
    HandOver("build", nodeImage="kindest/node:v1.34.4", imageStore="k1").write(file)
    assert source_of_cluster(cache, "local", "kp-local") is None
    (cache.folder("clusters", "kp-local") / "finished.json").touch()
    standing = source_of_cluster(cache, "local", "kp-local")
    assert standing == "build"
    assert choose_source("auto", cache, lambda: pytest.fail("asked a registry"), standing) == "build"
    assert choose_source("pull", cache, lambda: pytest.fail("asked a registry"), standing) == "pull"
    assert choose_source("auto", cache, lambda: True) == "pull"
    file.unlink()
    assert source_of_cluster(cache, "local", "kp-local") is None


def test_beside_pulled_images_only_those_of_the_example_are_built() -> None:
    assert built_here(load({"kserve-platform:cluster": {"provider": "kind"}}), "pull") == ()
    assert built_here(with_example("auto"), "pull") == EXAMPLE_LOADED
    assert [building_of(with_example("auto"), source) for source in SOURCES] == [
        Building.EXAMPLE,
        Building.EVERYTHING,
    ]
    assert building_of(load({"kserve-platform:cluster": {"provider": "kind"}}), "pull") is Building.NOTHING


def test_no_name_that_a_registry_has_is_loaded_into_a_node() -> None:
    assert [image.reference for image in EXAMPLE_LOADED] == [
        "kind.local/kserve-platform/torchserve:0.12.0",
        "docker.io/kserve-platform/mnist-model:1.0.0",
    ]


def test_the_example_is_let_through_beside_pulled_images_where_it_can_be_trained() -> None:
    assert refusals(with_example("pull"), "pull", lambda: False, lambda: "") == ()


def test_who_cannot_train_the_model_is_told_before_anything_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    barred = "unshare: unshare failed: Operation not permitted"
    assert render_problems(refusals(with_example("auto"), "pull", lambda: False, lambda: barred)) == (
        "kserve-platform:services.digits.example: its model cannot be trained here\n"
        "  seen: user 1000\n"
        "  why:  It is trained in namespaces of its own, which this machine refuses: "
        "unshare: unshare failed: Operation not permitted\n"
        "  do:   Run the command as root, let users make namespaces, or serve a model from storage."
    )


def test_who_cannot_give_built_images_to_a_node_is_told_before_they_are_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert render_problems(refusals(with_example("auto"), "build", lambda: False, not_asked)) == (
        "kserve-platform:cluster.images: images built here can be given to a node by root only\n"
        "  seen: user 1000\n"
        "  why:  A node's containerd keeps files of every owner in a folder of the cache.\n"
        "  do:   Run the command as root, or set it to pull where a container registry answers."
    )
    assert refusals(with_example("auto"), "build", lambda: True, not_asked) == ()
