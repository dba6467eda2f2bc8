"""Where a stack's images come from, and which they are. Decisions only."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from command.checkup import cluster_made
from components.catalog.images import CONTROL_PLANE, EXAMPLE, EXAMPLE_LOADED, NODE, PLATFORM, Image
from components.errors import Problem
from components.settings.keys import key_of
from components.settings.rules.building import problems_when_built
from machine.cache import Cache, write_atomically
from machine.preflight import Building

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
        loadedImages: What is loaded into the nodes beside pulled images, reference -> digest.
    """

    source: Source
    nodeImage: str | None = None  # noqa: N815 - named as in the file
    imageStore: str | None = None  # noqa: N815
    loadedImages: Mapping[str, str] = field(default_factory=dict)  # noqa: N815

    def write(self, file: Path) -> None:
        """Write it whole, unless it says this already: its time of change tells when images changed."""
        text = json.dumps(asdict(self), indent=1)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_atomically(file, text)


def hand_over_file(cache: Cache, stack: str) -> Path:
    """Where the program finds a stack's hand-over."""
    return cache.path("state", "images", f"{stack}.json")


def built_here(settings: Settings, source: Source) -> tuple[Image, ...]:
    """The images of a kind stack that are built here: all of them, or only those that no registry has.

    Args:
        settings: The stack.
        source: Where images come from that registries have. On `build` the node image is the first.
    """
    example = examples_of(settings)
    if source == "pull":
        return EXAMPLE_LOADED if example else ()
    return (NODE, *CONTROL_PLANE, *PLATFORM, *(EXAMPLE if example else ()))


def building_of(settings: Settings, source: Source) -> Building:
    """How much building that is."""
    if source == "build":
        return Building.EVERYTHING
    return Building.EXAMPLE if examples_of(settings) else Building.NOTHING


def examples_of(settings: Settings) -> list[str]:
    """Names of the services that are the built-in example: no registry has its images."""
    return [name for name, service in settings.services.items() if hasattr(service, "example")]


def wish_of(settings: Settings) -> str:
    """Where a kind stack's images are to come from, as its file says."""
    return str(getattr(settings.cluster, "images", "pull"))


def choose_source(
    wish: str, cache: Cache, reachable: Callable[[], bool], standing: Source | None = None
) -> Source:
    """Decide between pulling and building.

    What `auto` found is remembered in the cache: a registry that answers one day and not the next must not
    replace a running cluster's images.

    Args:
        wish: The stack's setting: `pull`, `build` or `auto`.
        cache: Remembers.
        reachable: Asks whether a container registry answers.
        standing: Where the images of the stack's cluster came from, if it has one.
    """
    if wish == "pull" or wish == "build":
        return "pull" if wish == "pull" else "build"
    file = cache.path("state", "images", "source")
    known = standing or (file.read_text(encoding="utf-8").strip() if file.exists() else "")
    if known not in {"pull", "build"}:
        known = "pull" if reachable() else "build"
        write_atomically(file, known)
    return "pull" if known == "pull" else "build"


def source_of_cluster(cache: Cache, stack: str, cluster: str) -> Source | None:
    """Where the images of a stack's finished kind cluster came from; None where it has no cluster.

    Args:
        cache: Where both are noted.
        stack: Its name.
        cluster: Its cluster's name.
    """
    if not cluster_made(cache, cluster):
        return None
    try:
        told = json.loads(hand_over_file(cache, stack).read_text(encoding="utf-8"))["source"]
    except FileNotFoundError:
        return None
    return "build" if told == "build" else "pull"


def refusals(
    settings: Settings, source: Source, private: Callable[[], bool], barred: Callable[[], str]
) -> tuple[Problem, ...]:
    """What of a kind stack cannot be had from where its images come; nothing where all can.

    A stack file that asks for `build` was judged when it was read. What `auto` comes to shows only here.

    Args:
        settings: The stack.
        source: From `choose_source`.
        private: Asks whether the cluster would be on the private Docker Engine.
        barred: Asks why the example's model cannot be trained here; nothing where it can.
    """
    if source == "build":
        return (*problems_when_built(settings), *_without_root(private))
    return tuple(_without_way_out(settings, private)) or tuple(_untrainable(settings, barred))


def _without_root(private: Callable[[], bool]) -> Iterator[Problem]:
    # A private engine needs root as well, and says so itself.
    if os.geteuid() != 0 and not private():
        yield Problem(
            what="images built here can be given to a node by root only",
            key=key_of(("cluster", "images")),
            seen=f"user {os.geteuid()}",
            why="A node's containerd keeps files of every owner in a folder of the cache.",
            fix="Run the command as root, or set it to pull where a container registry answers.",
        )


def _without_way_out(settings: Settings, private: Callable[[], bool]) -> Iterator[Problem]:
    if private():
        yield Problem(
            what="images cannot be pulled here",
            key=key_of(("cluster", "images")),
            seen=str(getattr(settings.cluster, "images", "pull")),
            why="No Docker Engine of yours answers, and the private one in its place reaches no registry.",
            fix="Start Docker, or set it to build.",
        )


def _untrainable(settings: Settings, barred: Callable[[], str]) -> Iterator[Problem]:
    examples = examples_of(settings)
    if examples and (said := barred()):
        yield Problem(
            what="its model cannot be trained here",
            key=key_of(("services", examples[0], "example")),
            seen=f"user {os.geteuid()}",
            why=f"It is trained in namespaces of its own, which this machine refuses: {said}",
            fix="Run the command as root, let users make namespaces, or serve a model from storage.",
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
