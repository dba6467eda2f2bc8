"""The shim before runc takes out what the machine cannot give, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine.docker import runc_shim

PROCESS: dict[str, Any] = {
    "args": ["/sbin/init"],
    "oomScoreAdj": -500,
    "capabilities": {
        "bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"],
        "effective": ["CAP_SYS_RESOURCE"],
        "ambient": None,
    },
}
LOWERED: dict[str, Any] = {
    "args": ["/sbin/init"],
    "oomScoreAdj": 0,
    "capabilities": {"bounding": ["CAP_CHOWN"], "effective": [], "ambient": []},
}


def test_the_capability_leaves_every_set_and_a_negative_score_becomes_zero() -> None:
    assert runc_shim.lowered(PROCESS) == LOWERED


def test_a_process_that_asks_for_neither_is_left_as_it_is() -> None:
    assert runc_shim.lowered({"args": ["x"], "oomScoreAdj": 300}) == {"args": ["x"], "oomScoreAdj": 300}


def test_options_are_found_in_both_spellings() -> None:
    assert runc_shim.option(["--log", "l", "create", "--bundle", "/b"], "--bundle", "-b") == "/b"
    assert runc_shim.option(["exec", "--process=/p", "id"], "--process", "-p") == "/p"
    assert runc_shim.option(["start", "id"], "--bundle") is None


def _run(arguments: list[str], tmp_path: Path) -> str:
    """Run the shim as the engine does, before a program that prints its arguments."""
    command = [sys.executable, "-IS", runc_shim.__file__, "/bin/echo", *arguments]
    return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout


def test_create_rewrites_the_bundle_and_goes_on_to_runc(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"ociVersion": "1.0.2", "process": PROCESS}))
    said = _run(["--root", "/r", "create", "--bundle", str(tmp_path), "id"], tmp_path)
    assert said == f"--root /r create --bundle {tmp_path} id\n"
    assert json.loads((tmp_path / "config.json").read_text()) == {"ociVersion": "1.0.2", "process": LOWERED}


def test_exec_rewrites_the_process_file(tmp_path: Path) -> None:
    (tmp_path / "process.json").write_text(json.dumps(PROCESS))
    _run(["exec", "--process", "process.json", "id"], tmp_path)
    assert json.loads((tmp_path / "process.json").read_text()) == LOWERED


def test_every_other_command_reaches_runc_untouched(tmp_path: Path) -> None:
    assert _run(["kill", "id", "9"], tmp_path) == "kill id 9\n"
