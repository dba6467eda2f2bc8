"""The `pulumi` of `make env`: the engine reads a copy of the stack file, whatever is typed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from command.engine.places import Places
from command.engine.shim import write_shim
from machine.cache import Cache


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(Cache(tmp_path / "a cache"), "local", tmp_path / "a checkout")
    places.stack_file.parent.mkdir(parents=True)
    places.stack_file.write_text("config: {}\n")
    (places.stack_file.parent / "Pulumi.other.yaml").write_text("config: {other: 1}\n")
    return places


@pytest.fixture
def shim(places: Places, tmp_path: Path) -> Path:
    """The script in front of a double of pulumi, which prints what it got and writes as the engine does."""
    double = tmp_path / "real-pulumi"
    double.write_text(
        "#!/bin/sh\n"
        'echo "$* | ${PULUMI_OPTION_CONFIG_FILE-none}"\n'
        '[ -z "$PULUMI_OPTION_CONFIG_FILE" ] || echo "encryptionsalt: v1" >> "$PULUMI_OPTION_CONFIG_FILE"\n'
    )
    double.chmod(0o755)
    return write_shim(places, double) / "pulumi"


def call(shim: Path, *arguments: str) -> str:
    environment = {**os.environ, "PULUMI_STACK": "local"}
    environment.pop("PULUMI_OPTION_CONFIG_FILE", None)
    command = [str(shim), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_engine_writes_into_a_copy_and_the_file_stays_as_it_was(places: Places, shim: Path) -> None:
    assert call(shim, "preview") == f"preview | {places.engine_stack_file}\n"
    assert places.stack_file.read_text() == "config: {}\n"
    assert places.engine_stack_file.read_text() == "config: {}\nencryptionsalt: v1\n"


def test_every_call_copies_anew(places: Places, shim: Path) -> None:
    call(shim, "preview")
    places.stack_file.write_text("config: {edited: 1}\n")
    call(shim, "preview")
    assert places.engine_stack_file.read_text() == "config: {edited: 1}\nencryptionsalt: v1\n"


@pytest.mark.parametrize(
    "arguments",
    [["-s", "other", "up"], ["up", "--stack", "other"], ["up", "--stack=other"], ["-sother", "up"]],
    ids=" ".join,
)
def test_another_stack_on_the_command_line_gets_its_own_file(
    arguments: list[str], places: Places, shim: Path
) -> None:
    copy = places.engine_stack_file.with_name("Pulumi.other.yaml")
    assert call(shim, *arguments) == f"{' '.join(arguments)} | {copy}\n"


def test_editing_the_configuration_edits_the_file_itself(shim: Path) -> None:
    assert call(shim, "config", "set", "a", "b") == "config set a b | none\n"


def test_a_stack_without_a_file_is_left_to_pulumi(shim: Path) -> None:
    assert call(shim, "-s", "absent", "preview") == "-s absent preview | none\n"


def test_no_leftover_copies_stay(places: Places, shim: Path) -> None:
    call(shim, "preview")
    assert [file.name for file in places.engine_stack_file.parent.iterdir()] == ["Pulumi.local.yaml"]
