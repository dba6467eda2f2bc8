"""The user's own Docker Engine, if one answers."""

from __future__ import annotations

import shutil

from components.errors import PlatformError
from machine.docker.endpoint import DockerEndpoint
from machine.process import CommandFailed, run

_SECONDS = 15.0


def user_engine() -> DockerEndpoint | None:
    """The engine that `docker` reaches as it is set up here, or None where none answers.

    Raises:
        PlatformError: One answers on another machine, whose ports would not be this machine's.
    """
    if shutil.which("docker") is None:
        return None
    try:
        run(["docker", "version", "--format", "{{.Server.Version}}"], timeout=_SECONDS)
        shown = run(
            ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], timeout=_SECONDS
        )
    except CommandFailed:
        return None
    host = shown.output.strip()
    if not host.startswith(("unix://", "npipe://")):
        raise PlatformError.single(
            "The Docker Engine is on another machine",
            seen=host,
            why="API server and ingress are published on 127.0.0.1 of the machine that Docker runs on.",
            fix="Run this there, or take a local one: unset DOCKER_HOST, `docker context use default`.",
        )
    return DockerEndpoint(host=host, namespace=None, private=False)
