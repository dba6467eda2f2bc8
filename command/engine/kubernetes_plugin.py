"""Which `pulumi-resource-kubernetes` the engine gets: the official one wherever it can be had.

Only where there is none on PATH, none in Pulumi's own plugin folder, and none to be downloaded, the stand-in
of this project takes its place, by a folder on PATH. Either continues the other's state.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from command.engine.places import Places
from components.errors import PlatformError
from machine.cache import write_atomically

PROGRAM = "pulumi-resource-kubernetes"
VARIABLE = "KSERVE_PLATFORM_KUBERNETES_PLUGIN"
_DOWNLOAD_SECONDS = 180.0
_FOLDER = re.compile(r"resource-kubernetes-v(\d+)\.(\d+)\.(\d+)$")


@dataclass(frozen=True)
class KubernetesPlugin:
    """The plugin to use.

    Attributes:
        official: It is Pulumi's own.
        folder: Folder to put on PATH for it; None where the engine finds it by itself.
        words: Where it comes from, for people.
    """

    official: bool
    folder: Path | None
    words: str


def newest_installed(names: Mapping[str, Path], wanted: tuple[int, ...]) -> Path | None:
    """The newest installed plugin of the wanted major version that is not older than wanted.

    Args:
        names: Name of a plugin folder -> its path.
        wanted: Version of the SDK that the program uses.
    """
    versions = {
        tuple(int(part) for part in match.groups()): path
        for name, path in names.items()
        if (match := _FOLDER.match(name))
    }
    fitting = [version for version in versions if version[0] == wanted[0] and version >= wanted]
    return versions[max(fitting)] if fitting else None


def choose_plugin(
    places: Places,
    environment: Mapping[str, str],
    download: Callable[[str], str | None],
) -> KubernetesPlugin:
    """Find the official plugin, else take the stand-in.

    A failed download is remembered in the cache: trying again costs seconds at every command.

    Args:
        places: The stack's files.
        environment: PATH, HOME, PULUMI_HOME and the user's wish in $KSERVE_PLATFORM_KUBERNETES_PLUGIN.
        download: Installs the version given into PULUMI_HOME of this cache; returns why it failed, or None.

    Raises:
        PlatformError: The official plugin was asked for and cannot be had, or the wish is no known word.
    """
    wish = environment.get(VARIABLE, "auto")
    if wish not in {"auto", "official", "stand-in"}:
        raise PlatformError.single(
            "not a Kubernetes plugin",
            key=VARIABLE,
            seen=wish,
            fix="Set it to official or stand-in; or unset it.",
        )
    if wish == "stand-in":
        return _stand_in(places, "as asked for")
    version = importlib.metadata.version("pulumi-kubernetes")
    if found := _installed(places, environment, version):
        return found
    decision = places.cache.path("state", "kubernetes-plugin.json")
    if wish == "auto" and (why := _remembered(decision, version)):
        return _stand_in(places, why)
    why = download(version)
    if why is None:
        return KubernetesPlugin(official=True, folder=None, words=f"official {version}, downloaded")
    if wish == "official":
        raise PlatformError.single(
            f"The official Kubernetes plugin {version} cannot be downloaded",
            key=VARIABLE,
            seen=wish,
            why=why,
            fix=f"Put {PROGRAM} on PATH, or unset {VARIABLE} to use this project's stand-in.",
        )
    write_atomically(decision, json.dumps({"version": version, "why": why}))
    return _stand_in(places, why)


def _stand_in(places: Places, why: str) -> KubernetesPlugin:
    folder = places.checkout / "providers" / "standin"
    return KubernetesPlugin(official=False, folder=folder, words=f"this project's stand-in ({why})")


def _installed(places: Places, environment: Mapping[str, str], version: str) -> KubernetesPlugin | None:
    stand_in = places.checkout / "providers" / "standin"
    search = [
        part for part in environment.get("PATH", "").split(os.pathsep) if part and Path(part) != stand_in
    ]
    if found := shutil.which(PROGRAM, path=os.pathsep.join(search)):
        return KubernetesPlugin(official=True, folder=Path(found).parent, words=f"official, {found}")
    wanted = tuple(int(part) for part in version.split(".")[:3])
    users = Path(environment.get("PULUMI_HOME") or Path(environment.get("HOME", "/")) / ".pulumi")
    for home in (places.home, users):
        folders = {folder.name: folder for folder in (home / "plugins").glob("resource-kubernetes-v*")}
        if (found_in := newest_installed(folders, wanted)) and (found_in / PROGRAM).exists():
            return KubernetesPlugin(official=True, folder=found_in, words=f"official, {found_in.name}")
    return None


def _remembered(decision: Path, version: str) -> str | None:
    try:
        known = json.loads(decision.read_bytes())
    except (OSError, ValueError):
        return None
    return str(known["why"]) if known.get("version") == version else None
