"""Pulumi's plugins that this machine has already: on PATH, in this cache, in the user's own folder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from command.engine.places import Places

_VERSION = re.compile(r"-v(\d+)\.(\d+)\.(\d+)$")


def newest_installed(names: Mapping[str, Path], wanted: tuple[int, ...]) -> Path | None:
    """The newest installed plugin of the wanted major version that is not older than wanted.

    Args:
        names: Name of a plugin folder -> its path.
        wanted: Version of the SDK that the program uses.
    """
    versions = {
        tuple(int(part) for part in match.groups()): path
        for name, path in names.items()
        if (match := _VERSION.search(name))
    }
    fitting = [version for version in versions if version[0] == wanted[0] and version >= wanted]
    return versions[max(fitting)] if fitting else None


def on_path(name: str, environment: Mapping[str, str], *, without: Path | None = None) -> Path | None:
    """A resource plugin on PATH.

    Args:
        name: The plugin, e.g. kubernetes.
        environment: PATH.
        without: Folder that does not count.
    """
    parts = [part for part in environment.get("PATH", "").split(os.pathsep) if part and Path(part) != without]
    found = shutil.which(f"pulumi-resource-{name}", path=os.pathsep.join(parts))
    return Path(found) if found else None


def in_plugin_folders(name: str, version: str, places: Places, environment: Mapping[str, str]) -> Path | None:
    """Folder of an installed resource plugin that fits a version.

    Args:
        name: The plugin.
        version: Of the SDK that the program uses.
        places: The stack's files: this cache's folder of plugins.
        environment: HOME and PULUMI_HOME: the user's.
    """
    wanted = tuple(int(part) for part in version.split(".")[:3])
    users = Path(environment.get("PULUMI_HOME") or Path(environment.get("HOME", "/")) / ".pulumi")
    for home in (places.home, users):
        folders = {folder.name: folder for folder in (home / "plugins").glob(f"resource-{name}-v*")}
        found = newest_installed(folders, wanted)
        if found and (found / f"pulumi-resource-{name}").exists():
            return found
    return None
