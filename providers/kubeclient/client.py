"""Requests to the API server: one pool of connections, retries where they are safe, errors with their reason.

No rate limit of our own unless the user asks for one: an API server has priority and fairness, and says 429
with Retry-After when it means it. The official client's 50 requests a second are why it takes 31 s to update
500 objects and this takes 10.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from providers.kubeclient.credentials import Credentials
from providers.kubeclient.documents import Object
from providers.kubeclient.kubeconfig import Access, KubeconfigError
from providers.kubeclient.pace import UNLIMITED, Limits, Pace
from providers.kubeclient.patience import answer_within
from providers.kubeclient.proxy import proxy_of

JSON: Final = "application/json"
JSON_PATCH: Final = "application/json-patch+json"
MERGE: Final = "application/merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"
_RETRIED: Final = frozenset({429, 500, 502, 503, 504})
_ATTEMPTS: Final = 6
_SILENCES: Final = 2
"""How often a server may say nothing at all: each time costs the whole of `_SECONDS`."""
_LONGEST_PAUSE: Final = 30.0
_SECONDS: Final = 60.0
_CONNECT_SECONDS: Final = 10.0


class ApiError(Exception):
    """The API server refused.

    Attributes:
        status: The HTTP status.
        reason: Its machine-readable reason: `NotFound`, `AlreadyExists`, `Conflict`...
        message: Its text.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    @property
    def gone(self) -> bool:
        """Whether the object, or its kind, is not there."""
        return self.status == 404


class NoMatch(ApiError):
    """The API server does not know the kind."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(404, "NoMatch", f'no matches for kind "{kind}" in version "{api_version}"')


class Unreachable(Exception):
    """No answer at all: the cluster is gone, the kubeconfig wrong or the network down."""


class Unanswered(Unreachable):
    """A request to create something was sent, and its answer was lost: it may have been created."""


class Misconfigured(Unreachable):
    """There is no server to ask: the kubeconfig cannot be used."""


class Client:
    """A thread-safe client of one API server.

    Args:
        access: The server and the user.
        on_warning: Called with each `Warning:` header's text.
        cancelled: Ends the pauses between attempts.
        limits: How much the user lets it ask.
    """

    def __init__(
        self,
        access: Access,
        on_warning: Callable[[str], None],
        cancelled: threading.Event,
        limits: Limits = UNLIMITED,
    ) -> None:
        import httpx  # 0.26 s: only once a cluster is really talked to

        self._httpx = httpx
        self._on_warning = on_warning
        self._cancelled = cancelled
        self._limits = limits
        self._pace = Pace(limits)
        self._credentials = Credentials(access)
        self._access = access
        self.server = access.server
        self._answered = False
        self._http = self._open()
        self._left: list[Any] = []

    def _open(self) -> Any:
        return self._httpx.Client(
            base_url=self.server,
            verify=self._credentials.tls(),
            proxy=proxy_of(self._access),
            timeout=self._httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS, pool=None),
            limits=self._httpx.Limits(max_connections=None, max_keepalive_connections=64),
            headers={"User-Agent": "pulumi-kubernetes", "Accept": JSON},
            trust_env=False,
        )

    def get(self, path: str, **parameters: str) -> Object:
        """GET a path."""
        return self.send("GET", path, parameters)

    def send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> Object:
        """Send a request and return the object it answers.

        Raises:
            ApiError: The server refused.
            Unreachable: The server does not answer, or there are no credentials to be had.
        """
        content = None if body is None else json.dumps(body).encode()
        renewed = False
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._attempt(method, path, parameters, content, content_type, attempt)
            if answer is None:
                continue
            if answer.status_code == 401 and not renewed and self._credentials.renew():
                renewed = True
                self._reopen()
                continue
            if answer.status_code in _RETRIED and self._may_repeat(method, answer) and attempt < _ATTEMPTS:
                self._pause(attempt, answer.headers.get("Retry-After"))
                continue
            return self._read(answer)
        raise Unreachable(f"{self.server} does not let us in")

    def watch(
        self, path: str, parameters: Mapping[str, str], on_open: Callable[[Any], None]
    ) -> Iterator[None]:
        """Yield once for every event of a watch, until the server or a closed socket ends it."""
        self._pace.wait(self._cancelled)
        request = self._http.build_request(
            "GET", path, params={**parameters, "watch": "1"}, headers=self._headers(None, JSON),
            timeout=self._httpx.Timeout(None, connect=_CONNECT_SECONDS),
        )  # fmt: skip
        answer = self._http.send(request, stream=True)
        try:
            on_open(answer.extensions.get("network_stream"))
            if answer.status_code == 200:
                for _ in answer.iter_raw():
                    yield
        finally:
            answer.close()

    def _reopen(self) -> None:
        """Connect anew after a renewed login: a certificate belongs to the connection that showed it.

        Raises:
            Misconfigured: The login cannot be renewed.
        """
        try:
            self._left.append(self._http)  # other threads may have requests under way on it
            self._http = self._open()
        except KubeconfigError as error:
            raise Misconfigured(str(error)) from error

    def close(self) -> None:
        """Close every connection."""
        for one in (*self._left, self._http):
            one.close()

    def _attempt(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        content: bytes | None,
        content_type: str,
        attempt: int,
    ) -> Any:
        """Return the response; None after a failure that is worth another attempt."""
        self._pace.wait(self._cancelled)
        try:
            request = self._http.build_request(
                method, path, params=dict(parameters or {}), content=content,
                headers=self._headers(content, content_type),
            )  # fmt: skip
            answer = self._ask(request)
            self._answered = True
            return answer
        except (self._httpx.ConnectError, self._httpx.ConnectTimeout) as error:
            # A server that never answered is not there; one that did is restarting, and nothing was sent.
            if not self._answered or attempt == _ATTEMPTS or self._cancelled.is_set():
                raise Unreachable(f"{self.server}: {error}") from error
            self._pause(attempt, None)
            return None
        except self._httpx.ProxyError as error:
            raise Unreachable(f"{self.server}: the proxy refused to connect: {error}") from error
        except self._httpx.TransportError as error:
            if method == "POST":
                raise Unanswered(f"{self.server}: {error or type(error).__name__}") from error
            silent = isinstance(error, self._httpx.TimeoutException) and attempt >= _SILENCES
            if silent or attempt == _ATTEMPTS or self._cancelled.is_set():
                raise Unreachable(f"{self.server}: {error or type(error).__name__}") from error
            self._pause(attempt, None)
            return None

    def _ask(self, request: Any) -> Any:
        if self._limits.seconds is None:
            return self._http.send(request)
        return answer_within(self._http, request, self._limits.seconds, _CONNECT_SECONDS)

    def _headers(self, content: bytes | None, content_type: str) -> list[tuple[str, str]]:
        headers = [("Content-Type", content_type)] if content is not None else []
        try:
            authorization = self._credentials.header()
        except KubeconfigError as error:
            raise Misconfigured(str(error)) from error
        if authorization:
            headers.append(("Authorization", authorization))
        return headers + self._credentials.impersonation()

    @staticmethod
    def _may_repeat(method: str, answer: Any) -> bool:
        """A POST is repeated only where the server said that it did not even look at it."""
        return method != "POST" or answer.status_code == 429 or "Retry-After" in answer.headers

    def _pause(self, attempt: int, retry_after: str | None) -> None:
        seconds = min(0.2 * 2**attempt, 5.0)
        with contextlib.suppress(TypeError, ValueError):
            seconds = float(retry_after or "")
        self._cancelled.wait(min(seconds, _LONGEST_PAUSE))

    def _read(self, answer: Any) -> Object:
        for header in answer.headers.get_list("Warning"):
            self._on_warning(_warning_text(header))
        try:
            found = answer.json()
        except ValueError:
            found = None
        if answer.is_success and isinstance(found, dict):
            return found
        if isinstance(found, dict) and found.get("kind") == "Status":
            raise ApiError(answer.status_code, found.get("reason") or "", found.get("message") or "")
        if answer.is_success:
            raise Unreachable(f"{self.server} answered something that is not JSON")
        raise ApiError(
            answer.status_code, "", answer.text.strip()[:500] or f"HTTP status {answer.status_code}"
        )


def path_of(api_version: str, plural: str, namespace: str = "", name: str = "") -> str:
    """Return the path of an object, or of a collection where `name` is empty."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    middle = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{root}{middle}/{plural}" + (f"/{quote(name, safe='')}" if name else "")


def _warning_text(header: str) -> str:
    """The text of a header: code, agent and a quoted string."""
    quoted = header.split(" ", 2)[-1]
    with contextlib.suppress(ValueError):
        return str(json.loads(quoted))
    return quoted.strip('"')
