"""Calls of AWS's API, each held against AWS's own models first, none of which can leave this machine."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.components.eks.aws_shapes import violations

Answer = dict[str, Any]
OPERATION_HEADER = "x-double-operation"
RESOURCE_HEADER = "x-double-resource"

# Words in the codes of errors that say that something is not there; every service has its own.
_GONE = ("NonExistent", "NotFound", "NoSuch", "404")


class RequestRefused(Exception):
    """A request is not what AWS's models of its API want: a defect of the program, or of the double."""


class WentAstray(Exception):
    """A request would have left this machine."""


def is_gone(error: ClientError) -> bool:
    """Whether an error says that something does not exist."""
    return any(word in error.response["Error"]["Code"] for word in _GONE)


class Api:
    """Clients of AWS's services, made when they are first asked.

    Args:
        region: AWS region.
        endpoint: URL on loopback that answers for all of AWS; None where moto answers in this process.

    Attributes:
        calls: How many operations were called.

    Raises:
        WentAstray: The endpoint is not on this machine.
    """

    def __init__(self, region: str, endpoint: str | None = None) -> None:
        self.calls = 0
        self._region = region
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}
        # botocore's sessions make one client at a time; clients themselves are for all threads.
        self._making = threading.Lock()
        self._made_for = threading.local()
        if endpoint is not None:
            refuse_elsewhere(endpoint)

    @contextmanager
    def made_for(self, resource: str) -> Iterator[None]:
        """Name the resource that this thread's calls are made for: faults and the log know it."""
        self._made_for.name = resource
        yield
        self._made_for.name = ""

    def __call__(self, service: str, operation: str, /, **request: Any) -> Answer:
        """Call an operation.

        Raises:
            RequestRefused: The request is not what AWS's models want; it is not sent.
            ClientError: AWS refuses it.
        """
        refused = violations(service, operation, request)
        if refused:
            raise RequestRefused("; ".join(refused))
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._client(service)
        self.calls += 1
        answer: Answer = getattr(self._clients[service], xform_name(operation))(**request)
        answer.pop("ResponseMetadata", None)
        return answer

    def _client(self, service: str) -> Any:
        client = boto3.client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint,
            # No profile, variable or metadata service of this machine is looked at.
            aws_access_key_id="double",
            aws_secret_access_key="double",
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 6}, ignore_configured_endpoint_urls=True
            ),
        )
        if self._endpoint is not None:
            client.meta.events.register("before-call", self._label)
            client.meta.events.register("before-send", _stay)
        return client

    def _label(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        params["headers"].update(
            {OPERATION_HEADER: model.name, RESOURCE_HEADER: getattr(self._made_for, "name", "")}
        )


def _stay(request: Any, **_: Any) -> None:
    refuse_elsewhere(request.url)


def refuse_elsewhere(url: str) -> None:
    """Refuse a URL that is not on this machine.

    Raises:
        WentAstray: It is not.
    """
    host = urlsplit(url).hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise WentAstray(f"{url} is not on this machine: the double of AWS's provider never asks AWS")
