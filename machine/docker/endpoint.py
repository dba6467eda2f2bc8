"""Where a Docker Engine answers, and how to run programs beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DockerEndpoint:
    """A Docker Engine that answered.

    Attributes:
        host: DOCKER_HOST that reaches it, e.g. `unix:///...`; empty for whatever `docker` uses by itself.
        namespace: File of the network namespace that its containers' ports are published in; None for the
            machine's own.
        private: The project started it, and stops it.
        tools: Folders put before PATH: kind runs `docker`, and the private engine brings its own.
    """

    host: str
    namespace: str | None
    private: bool
    tools: tuple[str, ...] = ()

    def command(self, *args: str | Path) -> list[str]:
        """The argument vector that runs `args` where the engine's network is."""
        argv = [str(arg) for arg in args]
        return argv if self.namespace is None else ["nsenter", f"--net={self.namespace}", "--", *argv]

    def environment(self) -> dict[str, str]:
        """Variables to lay over a program's own so that `docker` and kind find this engine."""
        variables = {"PATH": os.pathsep.join([*self.tools, os.environ.get("PATH", os.defpath)])}
        if self.host:
            variables |= {
                "DOCKER_HOST": self.host,
                "DOCKER_CONTEXT": "",
                "KIND_EXPERIMENTAL_PROVIDER": "docker",
            }
        return variables

    def with_tools(self, folders: Sequence[str | Path]) -> DockerEndpoint:
        """The same engine with more folders before PATH."""
        added = tuple(str(folder) for folder in folders)
        return DockerEndpoint(self.host, self.namespace, self.private, (*added, *self.tools))
