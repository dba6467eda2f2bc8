"""Fetching one package of npm's registry by npm: the user's own, or one that comes as a Python wheel."""

from __future__ import annotations

import os
from pathlib import Path

from components.errors import PlatformError
from machine.process import CommandFailed, run
from machine.toolchain.ensure import Toolchain

_SECONDS = 300


def pack(toolchain: Toolchain, package: str, folder: Path) -> None:
    """Put a package's archive into a folder, as its registry has it; its content is for the caller to check.

    Args:
        toolchain: Gives npm, from PATH where one is.
        package: `name@version`.
        folder: Receives one .tgz.

    Raises:
        PlatformError: There is no npm to be had, or it cannot fetch the package.
    """
    programs = toolchain.ensure("npm", "node")
    environment = {
        # npm is a script that asks PATH for node.
        "PATH": os.pathsep.join([str(programs["node"].parent), os.environ.get("PATH", os.defpath)]),
        # Debian's own node trusts what the machine trusts. The wheel's knows only its built-in authorities,
        # and was refused by a mirror behind the machine's ("self-signed certificate in certificate chain").
        "NODE_USE_SYSTEM_CA": "1",
    }
    command: list[str | Path] = [programs["npm"], "pack", package, "--silent", "--pack-destination", folder]
    try:
        run(command, environment=environment, timeout=_SECONDS)
    except CommandFailed as failure:
        raise PlatformError.single(
            f"npm cannot fetch {package}",
            why=failure.tail,
            fix="Check the registry that npm is set to use, then run the command again.",
        ) from None
