"""kind's nodes as the Docker Engine sees them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from machine.docker import DockerEndpoint
from machine.process import CommandFailed, run

CLUSTER_LABEL = "io.x-k8s.kind.cluster"
_ROLE_LABEL = "io.x-k8s.kind.role"
_SECONDS = 60.0


@dataclass(frozen=True)
class NodeState:
    """A node's container.

    Attributes:
        name: The node's name.
        role: kind's word for it.
        image: Reference it was made from.
        running: Whether it runs.
    """

    name: str
    role: str
    image: str
    running: bool


class NodeEngine:
    """The engine that a cluster's nodes are on.

    Args:
        endpoint: The engine.
        docker: The `docker` program.
    """

    def __init__(self, endpoint: DockerEndpoint, docker: Path | str) -> None:
        self.endpoint = endpoint
        self._docker = str(docker)

    def nodes(self, cluster: str) -> list[NodeState]:
        """The cluster's nodes, running or not, by name; empty if there is no such cluster."""
        listed = self._ask(
            "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={CLUSTER_LABEL}={cluster}"
        )
        if not listed.split():
            return []
        found = [
            NodeState(
                name=each["Name"].lstrip("/"),
                role=each["Config"]["Labels"].get(_ROLE_LABEL, ""),
                image=each["Config"]["Image"],
                running=each["State"]["Running"],
            )
            for each in json.loads(self._ask("inspect", *listed.split()))
        ]
        return sorted(found, key=lambda node: node.name)

    def start(self, node: str) -> None:
        """Start a node that was stopped."""
        self._ask("start", node)

    def remove(self, node: str) -> None:
        """Kill and remove a node with its anonymous volumes."""
        self._ask("rm", "--force", "--volumes", node)

    def address(self, node: str) -> str:
        """A node's IPv4 address on kind's network."""
        shown = self._ask(
            "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", node
        )
        return shown.strip()

    def execute(self, node: str, *command: str, stdin: bytes | None = None) -> str:
        """Run a command in a node and return what it printed.

        Raises:
            CommandFailed: It ended with another status than 0.
        """
        return self._ask("exec", *(["-i"] if stdin is not None else []), node, *command, stdin=stdin)

    def try_execute(self, node: str, *command: str) -> str:
        """As `execute`, for looking into a node that may be broken: no answer is an empty one."""
        try:
            return self.execute(node, *command)
        except CommandFailed:
            return ""

    def log(self, node: str) -> str:
        """What the node's first process printed."""
        try:
            result = run(
                [self._docker, "logs", "--tail", "20", node], environment=self.endpoint.environment()
            )
        except CommandFailed:
            return ""
        return result.output + result.errors

    def has_image(self, reference: str) -> bool:
        """Whether an image is in the engine."""
        try:
            self._ask("image", "inspect", "--format", "{{.Id}}", reference)
        except CommandFailed:
            return False
        return True

    def _ask(self, *arguments: str, stdin: bytes | None = None) -> str:
        environment = self.endpoint.environment()
        return run([self._docker, *arguments], environment=environment, stdin=stdin, timeout=_SECONDS).output
