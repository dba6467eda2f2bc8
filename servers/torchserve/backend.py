"""TorchServe as a client sees it: asks its models, and says whether they are loaded."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Self

import aiohttp

from servers.torchserve import protocols
from servers.torchserve.problems import RequestRefused, unknown_model
from servers.torchserve.properties import Model, ModelStore
from servers.torchserve.protocols import Question

_PATHS = {"predict": "predictions", "explain": "explanations"}
_JSON = {"Content-Type": "application/json"}  # TorchServe takes anything else as a form or as raw bytes
_STATUS_TIMEOUT = aiohttp.ClientTimeout(total=5)


class Backend:
    """TorchServe's APIs on the ports that its configuration names; use it as a context manager."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._models: Mapping[str, Model] = {model.name: model for model in store.models}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # No limit of connections of its own: TorchServe's job queue is the one place where requests wait.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()

    @property
    def names(self) -> list[str]:
        """The models' names, in the configuration's order."""
        return list(self._models)

    @property
    def max_request_size(self) -> int:
        """Bytes of the largest body that TorchServe takes."""
        return self._store.max_request_size

    def model(self, name: str, version: str = "") -> Model:
        """The model of a name.

        Raises:
            RequestRefused: 404: the configuration names no such model, or not in this version.
        """
        model = self._models.get(name)
        if model is None:
            raise unknown_model(name)
        if version and version != model.version:
            raise RequestRefused(
                404, f"Model with name {name} has no version {version}, but {model.version}."
            )
        return model

    async def ask(self, name: str, asked: Question, version: str = "") -> bytes:
        """Put a question to a model and return the answer's body.

        Raises:
            RequestRefused: The model is unknown (404), refused the question (4xx), or could not answer (5xx).
        """
        model = self.model(name, version)
        envelope = self._store.envelope
        url = f"http://{self._store.inference}/{_PATHS[asked.verb]}/{model.name}"
        # TorchServe watches over the model's own time; this is for the day when it does not answer at all.
        timeout = aiohttp.ClientTimeout(total=None, connect=5, sock_read=model.response_timeout + 10)
        body = io.BytesIO(protocols.to_backend(asked, envelope))
        try:
            async with self._http.post(url, data=body, headers=_JSON, timeout=timeout) as response:
                answer = await response.read()
                if response.status != 200:
                    raise refusal(response.status, answer)
        except TimeoutError:
            raise RequestRefused(504, f"Model {name} did not answer in time") from None
        except aiohttp.ClientError as error:
            raise RequestRefused(503, f"TorchServe does not answer: {type(error).__name__}") from None
        return protocols.from_backend(asked, envelope, model.name, model.version, answer)

    async def ready(self, name: str) -> bool:
        """Whether at least one worker has the model loaded.

        Raises:
            RequestRefused: 404: unknown model.
        """
        model = self.model(name)
        url = f"http://{self._store.management}/models/{model.name}"
        try:
            async with self._http.get(url, timeout=_STATUS_TIMEOUT) as response:
                return response.status == 200 and has_ready_worker(await response.read())
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def all_ready(self) -> bool:
        """Whether every model of the configuration is loaded."""
        for name in self._models:
            if not await self.ready(name):
                return False
        return True

    @property
    def _http(self) -> aiohttp.ClientSession:
        assert self._session is not None, "a Backend is used inside `async with`"
        return self._session


def has_ready_worker(description: bytes) -> bool:
    """Read TorchServe's description of a model: a list of versions, each with its workers' status."""
    try:
        workers = [worker for version in json.loads(description) for worker in version["workers"]]
        return any(worker["status"] == "READY" for worker in workers)
    except (ValueError, KeyError, TypeError):
        return False


def refusal(status: int, answer: bytes) -> RequestRefused:
    """Turn TorchServe's own error ({"code", "type", "message"}) into the protocol's.

    It says 503 for a handler's exception, which would make proxies try the same request again: that is a 500.
    """
    try:
        message = str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        message = f"TorchServe answered with status {status}"
    if status == 503 and message == "Prediction failed":
        return RequestRefused(500, "The model failed on this request; the pod's log has its traceback")
    return RequestRefused(status, message)
