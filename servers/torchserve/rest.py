"""KServe's v1 and v2 protocols over HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from servers.torchserve import protocols
from servers.torchserve.backend import Backend
from servers.torchserve.problems import RequestRefused
from servers.torchserve.protocols import Protocol, Verb

SERVER_NAME = "kserve-platform-torchserve"
SERVER_VERSION = "0.12.0"
_BACKEND = web.AppKey("backend", Backend)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(backend: Backend) -> web.Application:
    """The HTTP application over a backend."""
    app = web.Application(middlewares=[_protocol_errors], client_max_size=backend.max_request_size)
    app[_BACKEND] = backend
    model = "/v2/models/{model}"
    v1_model = "/v1/models/{model:[^:/]+}"  # its verbs follow a colon
    versioned = model + "/versions/{version}"
    app.add_routes(
        [
            web.get("/", _alive),
            web.get("/v1/models", _list),
            web.get(v1_model, _v1_ready),
            web.post(v1_model + ":predict", _asks("v1", "predict")),
            web.post(v1_model + ":explain", _asks("v1", "explain")),
            web.get("/v2", _server_metadata),
            web.get("/v2/health/live", _live),
            web.get("/v2/health/ready", _ready),
            web.get("/v2/models", _list),
            *(
                route
                for path in (model, versioned)
                for route in (
                    web.get(path, _model_metadata),
                    web.get(path + "/ready", _v2_ready),
                    web.post(path + "/infer", _asks("v2", "predict")),
                    web.post(path + "/explain", _asks("v2", "explain")),
                )
            ),
        ]
    )
    return app


def _asks(protocol: Protocol, verb: Verb) -> _Handler:
    async def handle(request: web.Request) -> web.Response:
        backend = request.app[_BACKEND]
        name, version = request.match_info["model"], request.match_info.get("version", "")
        backend.model(name, version)
        asked = protocols.question(protocol, verb, protocols.parse(await request.read()))
        answer = await backend.ask(name, asked, version)
        return web.Response(body=answer, content_type="application/json")

    return handle


async def _alive(_: web.Request) -> web.Response:
    return _json({"status": "alive"})


async def _live(_: web.Request) -> web.Response:
    return _json({"live": True})


async def _ready(request: web.Request) -> web.Response:
    ready = await request.app[_BACKEND].all_ready()
    return _json({"ready": ready}, status=200 if ready else 503)


async def _list(request: web.Request) -> web.Response:
    return _json({"models": request.app[_BACKEND].names})


async def _v1_ready(request: web.Request) -> web.Response:
    name = request.match_info["model"]
    ready = await request.app[_BACKEND].ready(name)
    return _json({"name": name, "ready": ready}, status=200 if ready else 503)


async def _v2_ready(request: web.Request) -> web.Response:
    backend = request.app[_BACKEND]
    name = request.match_info["model"]
    backend.model(name, request.match_info.get("version", ""))
    ready = await backend.ready(name)
    return _json({"name": name, "ready": ready}, status=200 if ready else 503)


async def _server_metadata(_: web.Request) -> web.Response:
    return _json({"name": SERVER_NAME, "version": SERVER_VERSION, "extensions": []})


async def _model_metadata(request: web.Request) -> web.Response:
    model = request.app[_BACKEND].model(request.match_info["model"], request.match_info.get("version", ""))
    # TorchServe's handlers declare no tensors, so there are none to tell.
    body = {
        "name": model.name,
        "versions": [model.version],
        "platform": "pytorch",
        "inputs": [],
        "outputs": [],
    }
    return _json(body)


@web.middleware
async def _protocol_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer every refusal in the protocols' one form, {"error": "..."}."""
    try:
        return await handler(request)
    except RequestRefused as refused:
        return _json({"error": refused.message}, status=refused.status)
    except web.HTTPRequestEntityTooLarge:
        limit = request.app[_BACKEND].max_request_size
        message = (
            f"The request body is larger than {limit} bytes, the most that this model server takes "
            f"(max_request_size in config.properties)"
        )
        return _json({"error": message}, status=413)
    except web.HTTPMethodNotAllowed as wrong:
        allowed = ", ".join(sorted(wrong.allowed_methods))
        message = f"{request.path} takes {allowed}, not {request.method}"
        return _json({"error": message}, status=405, headers={"Allow": allowed})
    except web.HTTPNotFound:
        return _json({"error": f"There is nothing at {request.path}"}, status=404)


def _json(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        text=json.dumps(body), status=status, content_type="application/json", headers=headers
    )
