"""Which Docker Engine the project uses: the user's where one answers, else its own."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from components.errors import PlatformError
from machine.cache import Cache
from machine.docker.endpoint import DockerEndpoint
from machine.docker.lease import nobody_uses_it
from machine.docker.private import PrivateEngine
from machine.docker.software import Software
from machine.docker.user import user_engine
from machine.progress import Reporter, Silent

_EXPECTED_SECONDS = 3.0


class Tools(Protocol):
    """What is needed of the toolchain."""

    def ensure(self, *names: str) -> dict[str, Path]:
        """Paths of the named programs, fetched or built where they are not there."""
        ...


def ensure_engine(cache: Cache, toolchain: Tools, report: Reporter | None = None) -> DockerEndpoint:
    """Return a Docker Engine that answers, starting the private one if there is no other.

    A private engine that holds containers stays the one to use, also after the user installed Docker:
    the clusters are there.

    Args:
        cache: Where the private engine lives.
        toolchain: Gives `dockerd` out of unpacked packages; asked only if it must be started.
        report: Told of the start.

    Raises:
        PlatformError: None answers and none can be started; with the reason.
    """
    private = PrivateEngine(cache)
    if not private.holds_containers() and (user := user_engine()) is not None:
        return user
    with cache.lock("docker"):
        if private.pid() is not None and private.api.can_run():
            return private.endpoint()
        software = Software.beside(toolchain.ensure("dockerd")["dockerd"])
        with (report or Silent()).step("start the private Docker Engine", expected=_EXPECTED_SECONDS):
            private.start(software)
    return private.endpoint()


def would_be_private(cache: Cache) -> bool:
    """Whether `ensure_engine` would return the private engine; nothing is started to find out."""
    try:
        return PrivateEngine(cache).holds_containers() or user_engine() is None
    except PlatformError:
        return False  # it would refuse the user's


def engine_with_clusters(
    cache: Cache, toolchain: Tools, report: Reporter | None = None
) -> DockerEndpoint | None:
    """The engine that a cluster made earlier would be on, brought back if it was stopped; None without one.

    Unlike `ensure_engine` it starts nothing for a cluster that cannot be there.
    """
    if PrivateEngine(cache).holds_containers():
        return ensure_engine(cache, toolchain, report)
    return user_engine()


def stop_engine(cache: Cache, report: Reporter | None = None) -> None:
    """Stop the private engine with every container on it; nothing happens to the user's.

    Raises:
        PlatformError: Something of it could not be removed.
    """
    private = PrivateEngine(cache)
    if not private.folder.is_dir():
        return
    with cache.lock("docker"), (report or Silent()).step("stop the private Docker Engine"):
        private.stop()


def stop_engine_if_unused(cache: Cache, report: Reporter | None = None) -> bool:
    """Stop the private engine if no container is on it and nobody holds a lease; say whether it was."""
    private = PrivateEngine(cache)
    if not private.namespaces.exist():
        return False
    with nobody_uses_it(cache) as alone:
        if not alone:
            return False
        private.remove_passing()
        if private.holds_containers():
            return False
        stop_engine(cache, report)
    return True
