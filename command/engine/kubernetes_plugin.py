"""Which `pulumi-resource-kubernetes` the engine gets: the official one wherever it can be had.

Only where there is none on PATH, none in Pulumi's own plugin folder, and none to be downloaded, the stand-in
of this project takes its place, by a folder on PATH. Either continues the other's state.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from command.engine.installed import in_plugin_folders, on_path
from command.engine.places import Places
from components.errors import PlatformError
from machine.cache import write_atomically

NAME = "kubernetes"
PROGRAM = f"pulumi-resource-{NAME}"
VARIABLE = "KSERVE_PLATFORM_KUBERNETES_PLUGIN"
_DOWNLOAD_SECONDS = 180.0


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
    if found := on_path(NAME, environment, without=stand_in):
        return KubernetesPlugin(official=True, folder=found.parent, words=f"official, {found}")
    if folder := in_plugin_folders(NAME, version, places, environment):
        return KubernetesPlugin(official=True, folder=folder, words=f"official, {folder.name}")
    return None


def _remembered(decision: Path, version: str) -> str | None:
    try:
        known = json.loads(decision.read_bytes())
    except (OSError, ValueError):
        return None
    return str(known["why"]) if known.get("version") == version else None
