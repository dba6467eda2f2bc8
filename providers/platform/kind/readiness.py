"""When a cluster is ready to be installed on, asked through the very port that its user will use."""

from __future__ import annotations

import time

from components.errors import PlatformError
from providers.platform.api import FAILURES, Api
from providers.platform.work import Work

_POLL_SECONDS = 0.3


def await_nodes(work: Work, kubeconfig: str, expected: int, seconds: float) -> None:
    """Wait until the API server answers and every node is Ready.

    Args:
        work: The operation.
        kubeconfig: Content of a kubeconfig.
        expected: How many nodes there are.
        seconds: How long it may take.

    Raises:
        PlatformError: The time is over; with what was missing last.
        Cancelled: The user asked to stop.
    """
    client = Api(kubeconfig, None, work.cancelled)
    deadline = time.monotonic() + seconds
    try:
        while True:
            missing = _missing(client, expected)
            if not missing:
                return
            work.note(f"waiting: {missing}")
            if not work.pause(deadline, _POLL_SECONDS):
                raise PlatformError.single(
                    f"The cluster was not ready within {seconds:.0f} s", why=f"In the end: {missing}."
                )
    finally:
        client.close()


def _missing(client: Api, expected: int) -> str:
    try:
        nodes = client.list_objects("v1", "Node")
    except FAILURES as error:
        return str(error)
    waiting = [
        f"node {node['metadata']['name']} is not Ready ({reason})"
        for node in nodes
        if (reason := _not_ready(node))
    ]
    if len(nodes) < expected:
        waiting.append(f"{expected - len(nodes)} of {expected} nodes have not joined")
    return "; ".join(waiting)


def _not_ready(node: dict[str, object]) -> str:
    status = node.get("status")
    conditions = status.get("conditions", []) if isinstance(status, dict) else []
    for condition in conditions:
        if condition["type"] == "Ready":
            return (
                "" if condition["status"] == "True" else str(condition.get("message") or condition["reason"])
            )
    return "no word from its kubelet yet"
