"""The stack's state before an engine runs."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from command.engine.places import Places
from command.engine.store import (
    copy_settings,
    ensure_passphrase,
    prepare_store,
    prune_history,
    read_checkpoint,
    remove_stack,
)
from machine.cache import Cache


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(Cache(tmp_path / "cache"), "local", tmp_path / "checkout")
    places.stack_file.parent.mkdir(parents=True)
    places.stack_file.write_text("config: {}\n")
    return places


def test_a_passphrase_is_long_random_and_its_owners_only(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "passphrase", tmp_path / "b" / "passphrase"
    ensure_passphrase(first)
    ensure_passphrase(second)
    assert len(first.read_text().strip()) >= 32
    assert first.read_text() != second.read_text()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_passphrase_is_never_changed(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("mine")
    ensure_passphrase(file)
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_the_stack_is_made_away_from_the_checkout_and_once(places: Places) -> None:
    calls: list[tuple[list[str], Path]] = []

    def run(arguments: list[str], variables: Mapping[str, str], cwd: Path) -> str:
        calls.append((arguments, cwd))
        assert (cwd / "Pulumi.yaml").read_text() == "name: kserve-platform\nruntime: python\n"
        places.checkpoint.parent.mkdir(parents=True)
        places.checkpoint.write_text("{}")
        return ""

    prepare_store(places, {}, run)
    prepare_store(places, {}, run)
    assert [arguments for arguments, _ in calls] == [
        ["stack", "init", "local", "--secrets-provider", "passphrase", "--no-select", "--non-interactive"]
    ]
    assert not calls[0][1].exists()
    assert list(places.checkout.rglob("*")) == [places.stack_file.parent, places.stack_file]


def test_the_state_folder_is_its_owners_only(places: Places) -> None:
    places.checkpoint.parent.mkdir(parents=True)
    places.checkpoint.write_text("{}")
    prepare_store(places, {})
    assert stat.S_IMODE(places.backend.parent.stat().st_mode) == 0o700


def test_the_engine_gets_the_newest_settings(places: Places) -> None:
    copy_settings(places)
    places.engine_stack_file.write_text("config: {}\nencryptionsalt: v1\n")
    places.stack_file.write_text("config: {edited: 1}\n")
    copy_settings(places)
    assert places.engine_stack_file.read_text() == "config: {edited: 1}\n"


def test_a_stack_without_a_state_has_an_empty_snapshot(tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    empty.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "organization/x/local"}}))
    assert read_checkpoint(tmp_path / "absent.json") == {}
    assert read_checkpoint(empty) == {}


def test_a_forgotten_stack_leaves_its_neighbours_and_the_passphrase(places: Places) -> None:
    other = places.checkpoint.with_name("other.json")
    ensure_passphrase(places.passphrase)
    for file in (places.checkpoint, other, places.session):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    remove_stack(places)
    assert not places.checkpoint.exists()
    assert not places.session.exists()
    assert other.exists()
    assert places.passphrase.exists()


def test_only_the_newest_records_of_history_stay(tmp_path: Path) -> None:
    for stamp in range(100, 105):
        for ending in ("history.json", "checkpoint.json", "history.json.attrs"):
            (tmp_path / f"local-{stamp}.{ending}").touch()
    prune_history(tmp_path, keep=2)
    assert sorted({file.name.split(".")[0] for file in tmp_path.iterdir()}) == ["local-103", "local-104"]
    prune_history(tmp_path / "absent")
