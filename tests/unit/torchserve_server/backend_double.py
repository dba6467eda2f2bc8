"""A double of TorchServe's HTTP APIs: answers what a test tells it, and records what it was asked."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import ClientSession, web

from servers.torchserve import rest
from servers.torchserve.backend import Backend
from servers.torchserve.properties import Model, ModelStore

T = TypeVar("T")


@dataclass
class TorchServeDouble:
    """What it answers and what it heard.

    Attributes:
        status: Status of answers to questions.
        answer: Body of answers to questions.
        workers: Status of each worker of each model.
        heard: Path, Content-Type and body of each question.
        pause: Awaited before an answer.
    """

    status: int = 200
    answer: Any = field(default_factory=lambda: {"predictions": [2]})
    workers: tuple[str, ...] = ("READY",)
    heard: list[tuple[str, str, Any]] = field(default_factory=list)
    pause: Callable[[], Awaitable[object]] | None = None

    async def ask(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        self.heard.append((request.path, request.content_type, body))
        if self.pause:
            await self.pause()
        return web.json_response(self.answer, status=self.status)

    async def describe(self, request: web.Request) -> web.Response:
        if request.match_info["model"] == "unloaded":
            return web.json_response({"code": 404}, status=404)
        return web.json_response([{"workers": [{"status": status} for status in self.workers]}])


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port of the loopback; gives host:port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def backend_over(
    double: TorchServeDouble,
    *,
    envelope: str = "kserve",
    models: tuple[str, ...] = ("mnist",),
    limit: int = 1000,
) -> AsyncIterator[Backend]:
    """A Backend connected to the double."""
    app = web.Application()
    app.add_routes(
        [
            web.post("/predictions/{model}", double.ask),
            web.post("/explanations/{model}", double.ask),
            web.get("/models/{model}", double.describe),
        ]
    )
    async with listening(app) as address:
        named = tuple(Model(name, "1.0", 120) for name in models)
        store = ModelStore(address, address, named, envelope, limit, (), None)
        async with Backend(store) as backend:
            yield backend


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    body: Any
    headers: dict[str, str]


Ask = Callable[..., Awaitable[Answer]]


@asynccontextmanager
async def server_over(double: TorchServeDouble, **options: Any) -> AsyncIterator[Ask]:
    """The REST server over the double; gives a function that asks it."""
    async with (
        backend_over(double, **options) as backend,
        listening(rest.application(backend)) as address,
        ClientSession() as session,
    ):

        async def ask(method: str, path: str, body: object = None, **given: Any) -> Answer:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            data = None if body is None else io.BytesIO(content)
            async with session.request(method, f"http://{address}{path}", data=data, **given) as response:
                return Answer(response.status, await response.json(), dict(response.headers))

        yield ask


def run(work: Awaitable[T]) -> T:
    """Run a test's coroutine to its end."""

    async def main() -> T:
        return await work

    return asyncio.run(main())
