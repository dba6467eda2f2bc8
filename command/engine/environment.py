"""The variables that Pulumi runs with, for this command and for a person who types `pulumi` beside it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence

from command.engine.places import Places


def engine_variables(places: Places, *, offline: bool) -> dict[str, str]:
    """Variables of Pulumi itself, without PATH.

    The passphrase is named by its file: a variable with its value would be inherited by every child.

    Args:
        places: The stack's files.
        offline: Nothing can be downloaded, so a missing plugin fails at once instead of after a retry.
    """
    variables = {
        "KSERVE_PLATFORM_CACHE": str(places.cache.root),
        # No metadata: a checksum of each checkpoint, in a file beside it, took a tenth of the engine's time.
        "PULUMI_BACKEND_URL": f"file://{places.backend}?metadata=skip",
        "PULUMI_HOME": str(places.home),
        "PULUMI_STACK": places.stack,
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(places.passphrase),
        # The salt is kept in the state, so that the stack's file need not hold it.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # The language host has pip list the packages before each run: not the time to ask for a newer pip,
        # which waits for five seconds where nothing answers.
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        # Four for each core by default: on two cores eight gates that wait keep all else from being made.
        "PULUMI_PARALLEL": os.environ.get("PULUMI_PARALLEL", "64"),
        # The engine keeps a log of every command. Its own limit of 500 MB is more than the whole state.
        "PULUMI_LOG_ROTATION_MAX_TOTAL_MB": "50",
    }
    if offline:
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return variables


def search_path(before: Sequence[str], inherited: str) -> str:
    """PATH with folders put before it, each once."""
    parts = [*before, *inherited.split(os.pathsep)]
    return os.pathsep.join(dict.fromkeys(part for part in parts if part))


def shell_exports(variables: Mapping[str, str], before: Sequence[str]) -> str:
    """Lines for `eval`: PATH stays the shell's own, with our folders before it."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items())]
    if before:
        lines.append(f'export PATH={shlex.quote(os.pathsep.join(before))}:"$PATH"')
    return "\n".join(lines)
