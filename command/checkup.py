"""Looking at the machine before anything is created: what a stack needs, and what of it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.errors import PlatformError, Problem
from machine.cache import Cache
from machine.preflight import Building, Readings, Work, read, work_before

if TYPE_CHECKING:
    from components.settings.model import Settings


def cluster_made(cache: Cache, cluster: str) -> bool:
    """Whether a kind cluster of this name was finished: its ports are its own then."""
    return cache.path("clusters", cluster, "finished.json").exists()


def take_readings(settings: Settings, cache: Cache, cluster: str, building: Building) -> Readings | None:
    """What decides whether this machine carries a stack; None where nothing of it runs here.

    Args:
        settings: The stack.
        cache: Where everything is kept.
        cluster: Name of its kind cluster.
        building: Which of its images are built here.
    """
    if settings.cluster.provider != "kind":
        return None
    wanted = settings.cluster.ports
    mapped = [mapping.host_port for mapping in settings.cluster.port_mappings]
    ports = [wanted.ingress, *([wanted.api_server] if wanted.api_server else []), *mapped]
    made = cluster_made(cache, cluster)
    work = work_before(cache, building)
    return read(cache, work, () if made else ports, engine_problems(cache))


def engine_problems(cache: Cache) -> tuple[Problem, ...]:
    """What keeps a Docker Engine from answering here; empty where one does, or can be started."""
    from machine.docker.preflight import problems, read_facts
    from machine.docker.private import PrivateEngine
    from machine.docker.user import user_engine

    private = PrivateEngine(cache)
    if private.pid() is not None:
        return ()
    try:
        if user_engine() is not None:
            return ()
    except PlatformError as error:
        return error.problems
    return tuple(problems(read_facts(private.socket)))


def in_words(readings: Readings) -> list[tuple[str, str]]:
    """What was read, as title and text."""
    todo = {
        Work.WARM: "a cluster from a warm cache",
        Work.PULL: "pull images",
        Work.EXAMPLE: "pull images, and build those of the example",
        Work.BUILD: "build every tool and image once",
    }
    gib = 1 << 30
    return [
        (
            "system",
            f"{readings.system} on {readings.architecture}, Python {'.'.join(map(str, readings.python))}",
        ),
        ("memory", f"{readings.memory / gib:.1f} GiB"),
        ("disk", f"{readings.disk / gib:.0f} GiB free at {readings.cache}"),
        ("to do", todo[readings.work]),
    ]
