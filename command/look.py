"""Looking at what runs, without starting anything."""

from __future__ import annotations

from command.display.board import Board
from command.engine.places import Places
from command.local_machine import LocalMachine, cluster_name
from command.stack import open_stack
from command.status import Row, layer_rows, service_row, snapshot_of, state_row
from components.errors import PlatformError


def look(places: Places) -> list[Row]:
    """Every row of the status."""
    snapshot = snapshot_of(places)
    rows = [state_row(places, snapshot), *_docker_rows(places)]
    if not snapshot.get("resources"):
        return rows
    _, settings = open_stack(places.stack, places.cache)
    rows += layer_rows(snapshot)
    machine = LocalMachine(places, settings, Board([]))
    try:
        with machine.reader(start=False) as reader:
            found = reader.every("inferenceservices.serving.kserve.io")
    except (PlatformError, OSError) as error:
        return [*rows, Row("services", False, f"the cluster cannot be asked: {str(error).splitlines()[0]}")]
    return [*rows, *(service_row(one) for one in found)]


def _docker_rows(places: Places) -> list[Row]:
    from machine.docker.private import PrivateEngine
    from machine.docker.relays import relay_runs
    from machine.docker.user import user_engine

    name = cluster_name(places.stack)
    private = PrivateEngine(places.cache)
    if (pid := private.pid()) is not None:
        answers = private.api.answers()
        rows = [Row("Docker Engine", answers, f"this project's own, process {pid}")]
        rows += _node_rows(private.api.containers() if answers else [], name)
        return [*rows, Row("relay", relay_runs(places.cache, name), "ports of the cluster on 127.0.0.1")]
    if (user := user_engine()) is not None:
        return [Row("Docker Engine", True, f"yours{f', {user.host}' if user.host else ''}")]
    return [Row("Docker Engine", None, "none runs")]


def _node_rows(containers: list[dict[str, object]], cluster: str) -> list[Row]:
    rows = []
    for container in containers:
        labels = container.get("Labels")
        names = container.get("Names")
        if isinstance(labels, dict) and labels.get("io.x-k8s.kind.cluster") == cluster:
            name = str(names[0]).lstrip("/") if isinstance(names, list) and names else "?"
            rows.append(
                Row("nodes", container.get("State") == "running", f"{name}: {container.get('Status')}")
            )
    return rows
