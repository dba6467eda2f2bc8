"""HTTP to the ingress: an address on this machine, a Host header that names the service."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECONDS = 60.0


@dataclass(frozen=True)
class Ingress:
    """Where requests enter the cluster, seen from this machine."""

    host: str
    port: int


@dataclass(frozen=True)
class Request:
    """A request to a model.

    Attributes:
        name: What it asks for, for people: `prediction`, `explanation`, `v2 inference`.
        path: `/v1/models/mnist:predict`.
        host: The service's host name, sent as the Host header.
        body: JSON text.
    """

    name: str
    path: str
    host: str
    body: str


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status.
        headers: By lower-case name.
        body: As text.
    """

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is not.
        """
        return json.loads(self.body)


def ask(ingress: Ingress, request: Request, *, seconds: float = SECONDS) -> Answer:
    """Send a request and wait for its answer.

    Args:
        ingress: Where to connect.
        request: What to ask.
        seconds: How long one step of it may take; a service at zero has to start first.

    Raises:
        OSError: Nothing answers there, or not in time.
    """
    connection = http.client.HTTPConnection(ingress.host, ingress.port, timeout=seconds)
    try:
        headers = {"Host": request.host, "Content-Type": "application/json"}
        connection.request("POST", request.path, request.body.encode(), headers)
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise ConnectionError(f"the connection ended without an answer ({type(error).__name__})") from error
    finally:
        connection.close()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def curl_line(ingress: Ingress, request: Request, body: str) -> str:
    """A command that repeats a request in any shell.

    Args:
        ingress: Where to connect.
        request: What to ask.
        body: File that holds the body.
    """
    url = f"http://{ingress.host}:{ingress.port}{request.path}"
    return f"curl -H 'Host: {request.host}' {url} -d @{body}"
