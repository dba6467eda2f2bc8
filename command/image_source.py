"""Where a stack's images come from, and which they are. Decisions only."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from components.catalog.images import CONTROL_PLANE, EXAMPLE, NODE, PLATFORM, Image
from components.errors import Problem
from components.settings.keys import key_of
from components.settings.rules.building import problems_when_built
from machine.cache import Cache, write_atomically

if TYPE_CHECKING:
    from components.settings.model import Settings

REGISTRY = "registry.k8s.io"
_PROBE_SECONDS = 4.0
Source = Literal["pull", "build"]


@dataclass(frozen=True)
class HandOver:
    """What the program is told about images, in `state/images/<stack>.json` of the cache.

    Attributes:
        source: Where images come from.
        nodeImage: Reference of kind's node image; None for the official one.
        imageStore: Key of the prepared store that nodes start with; None where images are pulled.
    """

    source: Source
    nodeImage: str | None = None  # noqa: N815 - named as in the file
    imageStore: str | None = None  # noqa: N815

    def write(self, file: Path) -> None:
        """Write it whole, unless it says this already: its time of change tells when images changed."""
        text = json.dumps(asdict(self), indent=1)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_atomically(file, text)


def hand_over_file(cache: Cache, stack: str) -> Path:
    """Where the program finds a stack's hand-over."""
    return cache.path("state", "images", f"{stack}.json")


def images_for(settings: Settings) -> tuple[Image, ...]:
    """Every image that can be built here and that a stack runs, its node image first."""
    example = any(hasattr(service, "example") for service in settings.services.values())
    return (NODE, *CONTROL_PLANE, *PLATFORM, *(EXAMPLE if example else ()))


def choose_source(wish: str, cache: Cache, reachable: Callable[[], bool]) -> Source:
    """Decide between pulling and building.

    What `auto` found is remembered in the cache: a registry that answers one day and not the next must not
    replace a running cluster's images.

    Args:
        wish: The stack's setting: `pull`, `build` or `auto`.
        cache: Remembers.
        reachable: Asks whether a container registry answers.
    """
    if wish == "pull" or wish == "build":
        return "pull" if wish == "pull" else "build"
    file = cache.path("state", "images", "source")
    known = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    if known not in {"pull", "build"}:
        known = "pull" if reachable() else "build"
        write_atomically(file, known)
    return "pull" if known == "pull" else "build"


def refusals(settings: Settings, source: Source, private: Callable[[], bool]) -> tuple[Problem, ...]:
    """What of a kind stack cannot be had from where its images come; nothing where all can.

    A stack file that asks for `build` was judged when it was read. What `auto` comes to shows only here.

    Args:
        settings: The stack.
        source: From `choose_source`.
        private: Asks whether the cluster would be on the private Docker Engine.
    """
    if source == "build":
        return problems_when_built(settings)
    if not private():
        return ()
    return (
        Problem(
            what="images cannot be pulled here",
            key=key_of(("cluster", "images")),
            seen=str(getattr(settings.cluster, "images", source)),
            why="No Docker Engine of yours answers, and the private one in its place reaches no registry.",
            fix="Start Docker, or set it to build.",
        ),
    )


def may_pull(private: Callable[[], bool]) -> bool:
    """Whether images can be pulled: a registry answers, and the engine that pulls can reach it."""
    return not private() and registry_answers()


def registry_answers(host: str = REGISTRY, seconds: float = _PROBE_SECONDS) -> bool:
    """Whether a container registry speaks its protocol to us: any status of /v2/ will do."""
    connection = http.client.HTTPSConnection(host, timeout=seconds)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException, ssl.SSLError, socket.gaierror):
        return False
    finally:
        connection.close()
