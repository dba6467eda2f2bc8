"""The few questions asked of the private engine, over its socket."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

PASSING = "kserve-platform.passing"
"""Label of a container that one run uses and removes; a killed run leaves it behind."""

_SECONDS = 30.0
_VERSION_SECONDS = 5.0


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class EngineApi:
    """A Docker Engine behind a unix socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answers(self) -> bool:
        """Whether it answers a ping within 2 s."""
        try:
            return self._call("GET", "/_ping", 2.0)[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def can_run(self) -> bool:
        """Whether it can run containers: it answers, and its containerd answers it.

        It answers pings while its containerd is gone. It starts that again by itself, after ten seconds in
        which every container fails to start.
        """
        try:
            status, body = self._call("GET", "/version", _VERSION_SECONDS)
        except (OSError, http.client.HTTPException):
            return False
        if status != http.client.OK:
            return False
        # It leaves out what does not answer (moby, daemon/info_unix.go).
        return any(part["Name"] == "containerd" for part in json.loads(body)["Components"])

    def containers(self) -> list[dict[str, Any]]:
        """Every container, running or not, as the API describes it."""
        return list(json.loads(self._call("GET", "/containers/json?all=true", _SECONDS)[1]))

    def remove_container(self, identity: str) -> None:
        """Kill and remove a container with its anonymous volumes; absent is fine."""
        self._call("DELETE", f"/containers/{quote(identity)}?force=true&v=true", _SECONDS)

    def _call(self, method: str, path: str, seconds: float) -> tuple[int, bytes]:
        connection = _UnixConnection(self._path, seconds)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
