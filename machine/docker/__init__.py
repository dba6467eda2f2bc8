"""A Docker Engine to run nodes on, and the ports that lead to them."""

from machine.docker.endpoint import DockerEndpoint
from machine.docker.engine import ensure_engine, stop_engine, stop_engine_if_unused
from machine.docker.lease import engine_lease

__all__ = ["DockerEndpoint", "engine_lease", "ensure_engine", "stop_engine", "stop_engine_if_unused"]
