"""What is refused once it shows where images come from; nothing is made before."""

from __future__ import annotations

from pathlib import Path

import pytest

from command.display.board import Board
from command.image_source import may_pull, refusals, wish_of
from command.local_machine import LocalMachine
from components.errors import PlatformError, render_problems
from components.settings.load import load, load_stack_file
from components.settings.model import Settings
from machine.cache import Cache
from machine.docker.engine import would_be_private
from tests.unit.command.doubles import Lines, places_in

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
    assert refusals(settings, "pull", lambda: False) == ()
    assert render_problems(refusals(settings, "pull", lambda: True)) == NO_WAY_OUT


def test_a_stack_that_can_be_built_is_let_through_whatever_engine_it_gets() -> None:
    settings = load({"kserve-platform:cluster": {"provider": "kind"}})
    assert refusals(settings, "build", lambda: pytest.fail("asked for an engine")) == ()


def with_example(images: str) -> Settings:
    return load(
        {
            "kserve-platform:cluster": {"provider": "kind", "images": images},
            "kserve-platform:services": {"digits": {"example": "mnist"}},
        }
    )


def test_automatic_images_are_built_where_the_examples_are_among_them() -> None:
    assert [wish_of(with_example(images)) for images in ("auto", "pull", "build")] == [
        "build",
        "pull",
        "build",
    ]
    assert wish_of(load({"kserve-platform:cluster": {"provider": "kind"}})) == "auto"


def test_the_example_is_not_pulled_because_no_registry_has_it() -> None:
    assert render_problems(refusals(with_example("pull"), "pull", lambda: False)) == (
        "kserve-platform:services.digits.example: cannot be pulled\n"
        "  seen: mnist\n"
        "  why:  No registry has docker.io/pytorch/torchserve-kfs:0.12.0 or "
        "docker.io/kserve-platform/mnist-model:1.0.0: both are built here.\n"
        "  do:   Set kserve-platform:cluster.images to auto or build, or serve a model from storage."
    )


def test_who_cannot_give_built_images_to_a_node_is_told_before_they_are_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert render_problems(refusals(with_example("auto"), "build", lambda: False)) == (
        "kserve-platform:cluster.images: images built here can be given to a node by root only\n"
        "  seen: user 1000\n"
        "  why:  A node's containerd keeps files of every owner in a folder of the cache.\n"
        "  do:   Run the command as root; or, for a stack without the example, set it to pull."
    )
    assert refusals(with_example("auto"), "build", lambda: True) == ()
