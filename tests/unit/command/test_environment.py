"""The engine's variables, for us and for a person's shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command.engine.environment import engine_variables, search_path, shell_exports
from command.engine.places import Places
from machine.cache import Cache

PLACES = Places(Cache(Path("/cache")), "local", Path("/checkout"))


def test_pulumi_is_told_of_the_passphrase_by_its_file_only() -> None:
    variables = engine_variables(PLACES, offline=False)
    assert variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == "/cache/state/passphrase"
    assert "PULUMI_CONFIG_PASSPHRASE" not in variables


def test_everything_of_the_engine_lies_in_the_cache() -> None:
    variables = engine_variables(PLACES, offline=False)
    assert variables["PULUMI_BACKEND_URL"] == "file:///cache/state/backend?metadata=skip"
    assert variables["PULUMI_HOME"] == "/cache/state/home"
    assert variables["KSERVE_PLATFORM_CACHE"] == "/cache"


def test_gates_that_wait_leave_room_unless_the_user_wants_it_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PULUMI_PARALLEL", raising=False)
    assert engine_variables(PLACES, offline=False)["PULUMI_PARALLEL"] == "64"
    monkeypatch.setenv("PULUMI_PARALLEL", "8")
    assert engine_variables(PLACES, offline=False)["PULUMI_PARALLEL"] == "8"


def test_the_list_of_packages_before_each_run_asks_nobody_for_a_newer_pip() -> None:
    assert engine_variables(PLACES, offline=False)["PIP_DISABLE_PIP_VERSION_CHECK"] == "1"


def test_offline_a_missing_plugin_is_not_looked_for() -> None:
    assert engine_variables(PLACES, offline=True)["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in engine_variables(PLACES, offline=False)


def test_a_folder_is_on_path_once_and_first_come_first() -> None:
    assert search_path(["/venv/bin", "/tools"], "/usr/bin:/tools::/bin") == "/venv/bin:/tools:/usr/bin:/bin"


def test_a_shell_that_evaluates_the_lines_has_the_variables_and_its_own_path_after_ours() -> None:
    lines = shell_exports({"PULUMI_STACK": "it's local"}, ["/with blank/bin", "/tools"])
    said = subprocess.run(
        ["/bin/sh", "-c", f'{lines}\necho "$PULUMI_STACK|$PATH"'],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "it's local|/with blank/bin:/tools:/usr/bin:/bin\n"
