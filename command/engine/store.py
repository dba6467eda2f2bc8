"""The stack's state before an engine runs: passphrase, stack, settings copy, and what a kill left.

The file backend belongs to this cache alone, so what a killed engine left in it can be judged: its lock by
the pid inside, its pending operations by what our providers promise.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from command.engine.places import PROJECT, Places
from machine.cache import write_atomically
from machine.process import run

_PASSPHRASE_BYTES = 24
_KEEP_HISTORY = 20

Run = Callable[[list[str], Mapping[str, str], Path], str]
"""Runs pulumi with arguments, variables and a folder; returns its output."""


def prepare_store(places: Places, variables: Mapping[str, str], run_pulumi: Run | None = None) -> None:
    """Make passphrase, backend and stack where they are missing, and the engine's copy of the settings.

    The stack is made in a scratch project, whose own stack file takes the salt and goes away with it: the
    state keeps the salt, which is enough (PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER).
    """
    run_pulumi = run_pulumi or _run_pulumi
    ensure_passphrase(places.passphrase)
    places.backend.mkdir(parents=True, exist_ok=True)
    os.chmod(places.backend.parent, 0o700)
    places.home.mkdir(parents=True, exist_ok=True)
    copy_settings(places)
    if not places.checkpoint.exists():
        with tempfile.TemporaryDirectory(dir=places.backend.parent) as scratch:
            Path(scratch, "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n", encoding="utf-8")
            arguments = ["stack", "init", places.stack, "--secrets-provider", "passphrase", "--no-select"]
            run_pulumi([*arguments, "--non-interactive"], variables, Path(scratch))
    prune_history(places.backend / ".pulumi" / "history" / PROJECT / places.stack)


def ensure_passphrase(file: Path) -> None:
    """Make a random passphrase, readable by its owner only, unless there is one.

    Two makers agree on one: it is linked into place, which fails if the name is taken.
    """
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    write_atomically(aside, secrets.token_urlsafe(_PASSPHRASE_BYTES) + "\n", mode=0o600)
    try:
        os.link(aside, file)
    except FileExistsError:
        return
    finally:
        aside.unlink()


def copy_settings(places: Places) -> None:
    """Give the engine the stack's settings in a file that it may write to."""
    write_atomically(places.engine_stack_file, places.stack_file.read_bytes())


def remove_stack(places: Places) -> None:
    """Forget a destroyed stack, with the copy of its settings and its kubeconfig. The passphrase stays."""
    for file in (
        places.checkpoint,
        places.checkpoint.with_suffix(".json.attrs"),
        places.checkpoint.with_suffix(".json.bak"),
        places.checkpoint.with_suffix(".json.bak.attrs"),
        places.engine_stack_file,
        places.session,
        places.kubeconfig,
        places.judged,
    ):
        file.unlink(missing_ok=True)


def read_checkpoint(file: Path) -> dict[str, Any]:
    """The latest snapshot of a stack's state; empty where there is none.

    Secrets in it are encrypted, so it can be read freely.
    """
    try:
        whole = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    latest = whole.get("checkpoint", {}).get("latest")
    return latest if isinstance(latest, dict) else {}


def prune_history(folder: Path, keep: int = _KEEP_HISTORY) -> None:
    """Drop all but the newest records: each is a whole copy of the state, one for every command."""
    if not folder.is_dir():
        return
    stamps = sorted({file.name.split(".")[0] for file in folder.iterdir()})
    for stamp in stamps[:-keep]:
        for file in folder.glob(f"{stamp}.*"):
            file.unlink(missing_ok=True)


def _run_pulumi(arguments: list[str], variables: Mapping[str, str], cwd: Path) -> str:
    return run(["pulumi", *arguments], environment=variables, cwd=cwd, timeout=60).output
